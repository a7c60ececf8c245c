"""The frame of pages about what AWS answers: who is asked, and in which currency. The lake's age means nothing here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import data, live
from pages.parts.live import LiveChoice
from pages.parts.live_texts import translate
from pages.parts.scopes import LiveScope
from pages.parts.units import SIGNS, Currency
from pages.parts.view import View

CURRENCIES: tuple[Currency, ...] = ("USD", "KRW", "EUR")
CONNECTIONS = "pages/explore/connections.py"


def live_view(view: View, scope: LiveScope, sidebar: DeltaGenerator, about: DeltaGenerator) -> View:
    """The view of such a page: narrowed to profiles and regions, its clock the machine's unless all is sample data.

    Raises SourceError when the connect profiles are not understood.
    """
    profiles = data.profiles()
    if not profiles.is_demo or view.source.sample is None:
        view = replace(view, now=datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1))
    with about:
        if profiles.is_demo:
            help_text = translate("sample_help", view.language)
            st.badge(view.t("sample"), color="violet", icon=":material/science:", help=help_text)
    currency: Currency = "USD"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame_live"):
        if scope.is_money:
            currency = _currency(view)
            st.caption(translate("days_are_utc", view.language), width="content")
        else:
            st.toggle(view.t("live"), key="live", bind="query-params", help=view.t("live_help"))
            st.caption(view.t("times_in", zone=view.zone), width="content")
    with sidebar:
        choice = _choice(view, scope, currency)
    return replace(view, live=choice)


def _currency(view: View) -> Currency:
    chosen = st.segmented_control(
        translate("currency", view.language),
        CURRENCIES,
        default="USD",
        required=True,
        key="currency",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen if chosen in SIGNS else "USD"


def _choice(view: View, scope: LiveScope, currency: Currency) -> LiveChoice:
    profiles = data.profiles()
    named = _named("aws_profile", [profile.name for profile in profiles.all], "profile", view)
    regions: list[str] = []
    if scope.has_regions:
        asked = [profile for profile in profiles.all if not named or profile.name in named]
        regions = _named("aws_region", live.regions_of(asked, view.now), "region", view)
    return LiveChoice(tuple(named), tuple(regions), currency)


def _named(key: str, options: list[str] | tuple[str, ...], kind: str, view: View) -> list[str]:
    """A choice of names, and any that the URL has though nothing is known of them."""
    given = [*st.query_params.get_all(key), *st.session_state.get(key, [])]
    chosen: list[str] = st.multiselect(
        translate(kind, view.language),
        list(dict.fromkeys([*options, *given])),
        key=key,
        bind="query-params",
        placeholder=translate(f"all_{kind}s", view.language),
        accept_new_options=True,
    )
    return chosen
