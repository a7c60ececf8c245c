"""Trailboard's app: the pages and the frame around them. Start it with `trailboard run` or `streamlit run`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="Trailboard", page_icon="static/favicon.png", layout="wide")

from pages.parts.card import guarded  # noqa: E402  (the page config comes first)
from pages.parts.first_run import leave_old_pages_mode  # noqa: E402
from pages.parts.frame import choose_language, draw_frame  # noqa: E402
from pages.parts.links import drop_query  # noqa: E402
from pages.parts.scopes import CLOUDTRAIL, CLOUDWATCH, COST, ELB, LiveScope, Scope  # noqa: E402
from pages.parts.texts import translate  # noqa: E402

leave_old_pages_mode()

ROOT = Path(__file__).parent

# Section, page file, title, icon, and what the page looks at when time range and filters belong to it.
PAGES = (
    ("security", "pages/security/cloudtrail.py", "cloudtrail", ":material/history:", CLOUDTRAIL),
    ("security", "pages/security/logins.py", "logins", ":material/login:", CLOUDTRAIL),
    ("operations", "pages/operations/elb_status.py", "elb_status", ":material/monitor_heart:", ELB),
    ("operations", "pages/operations/elb_errors.py", "elb_errors", ":material/report:", ELB),
    ("operations", "pages/operations/cloudwatch.py", "cloudwatch", ":material/memory:", CLOUDWATCH),
    ("cost_section", "pages/cost/cost.py", "cost", ":material/payments:", COST),
    ("explore_section", "pages/explore/explore.py", "explore", ":material/terminal:", None),
    ("explore_section", "pages/explore/dashboard.py", "board", ":material/dashboard:", CLOUDTRAIL),
    ("explore_section", "pages/explore/reference.py", "reference", ":material/menu_book:", None),
    ("explore_section", "pages/explore/coverage.py", "coverage", ":material/fact_check:", None),
    ("explore_section", "pages/explore/connections.py", "connections", ":material/cable:", None),
)

filters, foot = st.sidebar.container(), st.sidebar.container()
with foot:  # the language decides every text, so it runs first though it stands last
    language = choose_language()

sections: dict[str, list[st.Page]] = {}
scopes: dict[str, Scope | LiveScope | None] = {}
for section, file, title, icon, scope in PAGES:
    if (ROOT / file).is_file():
        # The default page lives at `/` and reserves another name beside it; its own is kept for `named` below.
        first = {"default": True, "url_path": "home"} if title == "cloudtrail" else {}
        page = st.Page(file, title=translate(title, language), icon=icon, **first)
        sections.setdefault(translate(section, language), []).append(page)
        scopes[page.title] = scope

# The first page lives at `/`; whoever types its name finds it too.
home = sections[translate("security", language)][0]
named = st.Page(lambda: None, url_path="cloudtrail", title="cloudtrail", visibility="hidden")
page = st.navigation({**sections, "": [named]})
if page == named:
    st.switch_page(home, query_params={name: st.query_params.get_all(name) for name in st.query_params})


def run() -> None:
    if page.url_path != "explore":
        drop_query(st.query_params)
    draw_frame(page.title, language, filters, scopes[page.title])
    page.run()


guarded(run, language, key="page")
