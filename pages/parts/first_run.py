"""The very first run of a server, which Streamlit makes in a mode that this app does not use."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def leave_old_pages_mode() -> None:
    """Make a link into a page work when it is the first thing that a server is asked for.

    A folder named `pages` makes Streamlit look for pages in it by itself until `st.navigation` has run once in the
    process. It finds none of ours and tells that visitor "Page not found". Opening the link once more helps, as from
    then on the mode is off.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        if path := page_path(st.context.url):
            st.html(f"<script>location.replace('{path}' + location.search)</script>", unsafe_allow_javascript=True)
            st.stop()


def page_path(url: str | None) -> str:
    """The path of a URL below the root, empty for the root and for anything that is no plain path.

    >>> page_path("http://localhost:8501/logins?range=7d"), page_path("http://localhost/"), page_path("http://h/a'b")
    ('/logins', '', '')
    """
    path = urlsplit(url or "").path
    return path if re.fullmatch(r"(/[A-Za-z0-9_-]+)+", path) else ""
