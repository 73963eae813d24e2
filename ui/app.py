"""The app: its pages and what they look like. ``casewright app`` starts it."""

from pathlib import Path

import streamlit as st

from retrieval.errors import CasewrightError
from ui import signin, state
from ui.privacy import keep_to_ourselves
from ui.prose import say

ASSETS = Path(__file__).with_name("assets")

keep_to_ourselves()  # whoever starts Streamlit without the command has not
st.set_page_config(page_title="Casewright", page_icon=str(ASSETS / "mark.svg"), layout="wide")
st.logo(str(ASSETS / "wordmark.svg"), size="large")
st.html(ASSETS / "page.css")
try:
    who = signin.gate(state.settings()[0].home)
    pages = [
        st.Page("pages/ask.py", title="Ask", default=True),
        st.Page("pages/case_files.py", title="Case files"),
    ]
    if who.admin:
        pages += [
            st.Page("pages/train.py", title="Train"),
            st.Page("pages/evaluate.py", title="Evaluate"),
            st.Page("pages/administer.py", title="Administer"),
        ]
    st.navigation(pages, position="top").run()
    if who.walled:
        signin.sign_out()
except CasewrightError as error:
    say(error)
