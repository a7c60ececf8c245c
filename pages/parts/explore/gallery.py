"""The examples: what there is to begin with."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.examples import BASICS, Example, incidents
from pages.parts.explore.page import ExplorePage
from pages.parts.links import EXPLORE, explore_params


def show_gallery(page: ExplorePage) -> None:
    """The examples, as long as nothing has run yet."""
    st.caption(page.t("start_here"))
    for key, group in example_groups(page):
        st.markdown(f"**{page.t(key)}**")
        with st.grid(2, min_column_width=320, gap="small"):
            for example in group:
                example_link(page, example)


def show_examples(page: ExplorePage) -> None:
    """The examples behind a button."""
    with st.popover(page.t("examples"), icon=":material/lightbulb:"):
        for key, group in example_groups(page):
            st.caption(page.t(key))
            for example in group:
                example_link(page, example)


def example_link(page: ExplorePage, example: Example) -> None:
    """A link that runs an example: a real one, so it opens in another tab too."""
    params = {**explore_params(example.query), "lang": page.view.language}
    st.page_link(
        EXPLORE, label=example.title.to(page.view.language), icon=":material/play_circle:", query_params=params
    )


def example_groups(page: ExplorePage) -> tuple[tuple[str, Sequence[Example]], ...]:
    """The examples by heading; the incidents only where they are: in the sample data."""
    groups: tuple[tuple[str, Sequence[Example]], ...] = (("basics", BASICS),)
    return (*groups, ("incidents", incidents())) if page.view.source.sample else groups
