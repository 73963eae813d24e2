"""The app: its three pages and what they look like. ``casewright app`` starts it."""

from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).with_name("assets")

st.set_page_config(page_title="Casewright", page_icon=str(ASSETS / "mark.svg"), layout="wide")
st.logo(str(ASSETS / "wordmark.svg"), size="large")
st.html(ASSETS / "page.css")
st.navigation(
    [
        st.Page("pages/ask.py", title="Ask", default=True),
        st.Page("pages/case_files.py", title="Case files"),
        st.Page("pages/train.py", title="Train"),
    ],
    position="top",
).run()
