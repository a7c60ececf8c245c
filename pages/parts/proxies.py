"""A hint that a load balancer may stand behind a CDN or proxy: then panels by client rank proxies, not visitors."""

from __future__ import annotations

import streamlit as st

from engine.language.grammar import parse
from pages.parts.card import guarded
from pages.parts.units import written
from pages.parts.view import View

FEW = 5  # addresses that send nearly everything
NEARLY_EVERYTHING = 0.9
ENOUGH = 200  # requests: of fewer it says nothing that few addresses sent them


def tell_of_proxies(view: View) -> None:
    """Say so when few client addresses send nearly all requests of the period."""
    parse(f"table duration=1d {view.filters.scope.tables} | stats count")  # a grammar is not made for several threads

    @st.fragment(parallel=True)
    def fragment() -> None:
        guarded(lambda: _tell(view), view.language, key="proxies")

    fragment()


def _tell(view: View) -> None:
    everything = f"table duration=1d {view.filters.scope.tables}"
    total = float(view.ask(view.asked(parse(f"{everything} | stats count"))).frame["count"].sum())
    if total < ENOUGH:
        return
    largest = parse(f"{everything} | stats count by client_ip | sort limit={FEW} -count")
    found = view.ask(view.asked(largest)).frame
    share = float(found["count"].sum()) / total
    if share >= NEARLY_EVERYTHING:
        st.info(view.t("proxies", n=len(found), share=written(share * 100, "percent")), icon=":material/info:")
