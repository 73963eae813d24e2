"""Who sits before the app: somebody who signed in by OpenID Connect, or the one local user.

Sign-in is configured in Streamlit's secrets (``[auth]``), best in ``<home>/secrets.toml``, which
``casewright app`` names to Streamlit. Where it is configured nobody passes without it.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from retrieval.errors import CasewrightError
from ui import members
from ui.members import Person
from ui.prose import plain, say
from ui.recording import who


class NotSignedIn(CasewrightError):
    """Nobody is signed in, or no longer."""


def configured() -> bool:
    """Whether people sign in here."""
    from streamlit.auth_util import get_secrets_auth_section

    return bool(get_secrets_auth_section())


def person(home: Path) -> Person:
    """Gives who sits before the app.

    Raises:
        NotSignedIn: sign-in is configured and nobody is, or the identity has expired, or names
            no address that the provider vouches for.
        BrokenMembers: the list of members cannot be read.
        BadSetting: as ``recording.who``.
    """
    if not configured():
        return Person(who(), admin=True, walled=False)
    if not st.user.is_logged_in:
        raise NotSignedIn("sign in to see your matters")
    name = _name(st.user.to_dict(), time.time())
    return Person(name, admin=name in members.read(home).admins, walled=True)


def gate(home: Path) -> Person:
    """Gives who sits before the app; where nobody does, shows the door and ends the page."""
    try:
        return person(home)
    except NotSignedIn as error:
        _door(str(error))
    except CasewrightError as error:
        say(error)
    st.stop()
    raise AssertionError("st.stop() came back")


def _name(claims: Mapping[str, Any], now: float) -> str:
    """The name in an identity token's claims.

    Raises NotSignedIn: Streamlit's cookie lasts a month, whatever the token says, so that its
    expiry is looked at here.
    """
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now:
        raise NotSignedIn("your sign-in has expired; sign in again")
    address = claims.get("email")
    if not isinstance(address, str) or not address.strip():
        raise NotSignedIn("the identity provider gave no e-mail address; ask for the scope email")
    if claims.get("email_verified") in (False, "false"):
        raise NotSignedIn("the identity provider does not vouch for this e-mail address")
    return members.folded(address)


def _door(why: str) -> None:
    _, middle, _ = st.columns([1, 1.4, 1])
    with middle:
        st.title("Casewright")
        st.text(f"{why[:1].upper()}{why[1:]}.")
        if st.button("Sign in", type="primary"):
            st.login()


def sign_out() -> None:
    """Shows who is signed in, and the way out, in the sidebar's place at the top."""
    address = str(st.user.get("email", ""))
    with st.container(horizontal=True, horizontal_alignment="right", key="signed-in"):
        st.caption(plain(address), width="content")
        if st.button("Sign out", type="tertiary", icon=":material/logout:"):
            st.logout()
