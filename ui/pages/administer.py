"""Administer: who may see which matter, what was done, and how this machine is."""

from pathlib import Path

import streamlit as st

from retrieval.errors import CasewrightError
from serving import audit
from serving.settings import ModelSettings
from ui import members, signin, state
from ui.doctor import examine
from ui.members import NotAllowed, Person
from ui.prose import Node, plain, prose, say
from ui.recording import record
from ui.settings import server_address, vllm_server

SHOWN = 200
"""Entries of the audit log that are shown."""


def page() -> None:
    """Draws the page."""
    library_settings, model = state.settings()
    home = library_settings.home
    who = state.person(home)
    if not who.admin:
        raise NotAllowed("this page is for administrators; ask one of them")
    st.header("Administer")
    who_may, done, machine = st.tabs(["Members", "Audit", "This machine"])
    with who_may:
        _members(home, who)
    with done:
        _audit(home)
    with machine:
        _machine(home, model)


def _members(home: Path, who: Person) -> None:
    if not signin.configured():
        st.info(
            "Nobody signs in here: one local user sees every matter. Members count where sign-in "
            "is configured; the README says how."
        )
    kept = members.read(home)
    names = [matter.id for matter in state.library(home).matters()]
    _add(home, who, names)
    st.subheader("Administrators")
    for name in sorted(kept.admins):
        if _row(name, f"admin/{name}", disabled=name == members.folded(who.name)):
            _change_admin(home, who, name, False)
    if not kept.admins:
        st.caption("None. `casewright members admin ADDRESS` makes the first.")
    for matter in names:
        st.subheader(plain(matter))
        for name in sorted(kept.of(matter)):
            if _row(name, f"member/{matter}/{name}"):
                _change(home, who, name, matter, False)
        if not kept.of(matter):
            st.caption("No members: nobody who signs in sees it.")


def _add(home: Path, who: Person, names: list[str]) -> None:
    with st.form("member", clear_on_submit=True, border=True):
        left, middle, right = st.columns([1.4, 1.4, 1], vertical_alignment="bottom")
        name = left.text_input("E-mail address", placeholder="name@example.org", max_chars=254)
        matter = middle.selectbox("Matter", names, index=None, placeholder="Which matter")
        if right.form_submit_button("Make a member", width="stretch"):
            if "@" not in name or matter is None:
                st.warning("Give an e-mail address and a matter.")
            else:
                _change(home, who, name, matter, True)
        if right.form_submit_button("Make an administrator", width="stretch"):
            if "@" not in name:
                st.warning("Give an e-mail address.")
            else:
                _change_admin(home, who, name, True)


def _row(name: str, key: str, *, disabled: bool = False) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        prose([Node("p", "fact", name)], key=f"name/{key}")
        return st.button("Remove", key=key, type="tertiary", disabled=disabled)


def _change(home: Path, who: Person, name: str, matter: str, member: bool) -> None:
    members.change(home, lambda now: now.with_member(matter, name, member))
    event = "member added" if member else "member removed"
    record(home, event, by=who.name, matter=matter, member=members.folded(name))
    st.rerun()


def _change_admin(home: Path, who: Person, name: str, admin: bool) -> None:
    members.change(home, lambda now: now.with_admin(name, admin))
    event = "administrator added" if admin else "administrator removed"
    record(home, event, by=who.name, member=members.folded(name))
    st.rerun()


def _audit(home: Path) -> None:
    entries = audit.newest(home, SHOWN)
    st.caption(f"The newest {len(entries)} entries: ids, hashes and counts, never a text.")
    st.dataframe(
        {
            "When": [str(entry.get("at", "")) for entry in entries],
            "Who": [str(entry.get("who", "")) for entry in entries],
            "What": [str(entry.get("event", "")) for entry in entries],
            "Matter": [str(entry.get("fields", {}).get("matter", "")) for entry in entries],
            "Outcome": [str(entry.get("fields", {}).get("outcome", "")) for entry in entries],
        },
        hide_index=True,
        placeholder="Nothing was done yet",
    )
    if st.button("Check the chain"):
        try:
            head = audit.verify(home)
        except CasewrightError as error:
            say(error)
        else:
            st.success(f"{head.entries:,} entries, each follows from the one before.")
            st.code(head.hash, language=None)


def _machine(home: Path, model: ModelSettings) -> None:
    for number, one in enumerate(examine(home, model, server_address(), vllm_server())):
        sign, kind = ("✓", "verified") if one.good else ("✕", "invalid")
        line = (Node("span", "sign", sign), Node("span", "", f"{one.what}: {one.found}"))
        prose([Node("p", f"fact {kind}", children=line)], key=f"machine/{number}")


try:
    page()
except CasewrightError as error:
    say(error)
