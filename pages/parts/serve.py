"""Streamlit's command line for this app: `python -m pages.parts.serve run streamlit_app.py`, which `trailboard run` is.

A folder named `pages` makes Streamlit look for pages in it until the app's own navigation has run once, and tell the
first visitor of a deep link "Page not found" (`first_run` mends that where the app is started without this).
"""

from __future__ import annotations

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

from engine.settings import Settings
from pages.parts.collecting import start_watches

if __name__ == "__main__":
    start_watches(Settings.load())  # before anybody opens a page
    PagesManager.uses_pages_directory = False
    main(prog_name="streamlit")
