"""The frame around every page: language, time range, filters, live refresh, age of the data, sample badge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.language.errors import TrailboardError
from engine.settings import Settings, is_zone
from pages.parts import data
from pages.parts.arrivals import Alarm, current_alarm, is_usual, show_alarm
from pages.parts.collecting import start_watches
from pages.parts.filters import Filters, filter_options
from pages.parts.liveframe import live_view
from pages.parts.periods import DEFAULT, LENGTHS, Period, age, between
from pages.parts.scopes import Filter, LiveScope, Scope
from pages.parts.texts import LANGUAGES, Language, language_of, translate
from pages.parts.view import View

STALE = timedelta(hours=1)  # without an event for so long, a lake's collector has probably stopped
BETWEEN = "between"  # URL parameter of an absolute range
ABSOLUTE = "absolute_period"  # session key: keeps the absolute range when a page switch drops it from the URL
VIEW = "view"  # session key: the view of the running page


def choose_language() -> Language:
    """The language control; the browser's language is the default. It must run before anything that shows text."""
    default = language_of(st.context.locale)
    chosen = st.segmented_control(
        "Language / 언어",
        LANGUAGES,
        default=default,
        required=True,
        key="lang",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen if chosen in LANGUAGES else default


def viewer_zone() -> str:
    """The browser's time zone, or the configured one when the browser does not tell."""
    zone = st.context.timezone
    return zone if zone and is_zone(zone) else Settings.load().timezone


def current_view() -> View:
    """The view that the frame has made for the running page."""
    view = st.session_state[VIEW]
    assert isinstance(view, View)
    return view


def draw_frame(title: str, language: Language, sidebar: DeltaGenerator, scope: Scope | LiveScope | None) -> View:
    """Title, sample badge and age of the data; on pages with a scope also time range, live refresh and its filters.

    The result is the view that they add up to. When the lake cannot be read, that is said and the page ends here. Pages
    of what AWS answers have their own frame below the title.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame_title"):
        st.title(title, anchor=False, width="content")
        about = st.container(horizontal=True, vertical_alignment="center", gap="small", width="content")
    try:
        start_watches(Settings.load())
        where = _source(language)
        now = data.clock(where)
        alarm = current_alarm(where, scope.tables if isinstance(scope, Scope) else "*")
        if isinstance(scope, LiveScope):
            view = View(language, viewer_zone(), st.context.theme.type == "dark", where, now, Filters())
            if alarm is not None:
                with about:
                    show_alarm(alarm, view)
            st.session_state[VIEW] = live_view(view, scope, sidebar, about)
            if not scope.is_money:  # costs change some times a day
                _heartbeat(bool(st.session_state.get("live")))
            return current_view()
        newest = data.newest_event(where, scope.tables if scope else "*")
    except TrailboardError as problem:
        st.badge(translate("failed_lake", language), icon=":material/error:", color="red")
        st.code(str(problem), language=None, wrap_lines=True)
        st.stop()
    view = View(language, viewer_zone(), st.context.theme.type == "dark", where, now, Filters())
    with about:
        _about_data(view, newest, alarm, is_usual(where, scope.tables if scope else "*"))
    if scope is not None:
        view = view.with_filters(Filters(_range_bar(view), scope))
        with sidebar:
            view = view.with_filters(_filters(view))
    st.session_state[VIEW] = view
    return view


def _source(language: Language) -> data.Source:
    if data.sample_is_due():
        bar = st.progress(0.0, translate("preparing_sample", language))

        def progress(_: str, fraction: float) -> None:
            bar.progress(fraction, translate("preparing_sample", language))

        data.make_sample(progress)
        bar.empty()
    return data.source()


def _about_data(view: View, newest: datetime | None, alarm: Alarm | None, usual: bool) -> None:
    """The sample badge, how old the newest event is, and whether that is late."""
    if view.source.sample is not None:
        end = f"{view.wall_clock(view.now):%Y-%m-%d %H:%M}"
        st.badge(view.t("sample"), color="violet", icon=":material/science:", help=view.t("sample_help", end=end))
    if newest is None:
        st.badge(view.t("no_events"), color="gray", icon=":material/cloud_off:")
        return
    real_now = view.now if view.source.sample is not None else datetime.now(UTC)
    how_old = age(newest, real_now, view.language)
    if alarm is not None:
        show_alarm(alarm, view)
    if real_now - newest > STALE and alarm is None and not usual:
        st.badge(view.t("newest_event_stale", age=how_old), color="orange", icon=":material/schedule:")
    else:
        st.badge(view.t("newest_event", age=how_old), color="gray", icon=":material/schedule:")


# time range -----------------------------------------------------------------------------------------------------------


def _range_bar(view: View) -> Period:
    absolute = _absolute()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame_range"):
        length = st.segmented_control(
            view.t("range"),
            list(LENGTHS),
            default=None if absolute else DEFAULT,
            required=absolute is None,
            key="range",
            bind="query-params",
            label_visibility="collapsed",
            on_change=_forget_absolute,
        )
        label = absolute.label(view.language, view.zone, year=True) if absolute else view.t("absolute")
        with st.popover(label, icon=":material/date_range:", type="primary" if absolute else "secondary"):
            _absolute_form(absolute or Period(length or DEFAULT), view)
        live = st.toggle(view.t("live"), key="live", bind="query-params", help=view.t("live_help"))
        st.button(view.t("refresh"), icon=":material/refresh:", type="tertiary", on_click=data.forget_version)
        st.caption(view.t("times_in", zone=view.zone), width="content")
    _heartbeat(live)
    return absolute or Period(length if length is not None and length in LENGTHS else DEFAULT)


def _absolute() -> Period | None:
    """The absolute range of the URL; the one of this session when a page switch dropped it from the URL."""
    named = between(st.query_params.get(BETWEEN))
    if named is not None:
        st.session_state[ABSOLUTE] = named
    elif kept := st.session_state.get(ABSOLUTE):
        _write_absolute(kept)
    return st.session_state.get(ABSOLUTE)


def _write_absolute(period: Period) -> None:
    st.session_state[ABSOLUTE] = period
    st.query_params[BETWEEN] = period.between()


def _forget_absolute() -> None:
    st.session_state.pop(ABSOLUTE, None)
    st.query_params.pop(BETWEEN, None)


def _absolute_form(period: Period, view: View) -> None:
    start, end = (view.wall_clock(moment) for moment in period.window(view.now))

    def apply() -> None:
        zone = ZoneInfo(view.zone)
        first, last = st.session_state["absolute_from"], st.session_state["absolute_to"]
        if first is not None and last is not None and first < last:
            _write_absolute(Period(start=first.replace(tzinfo=zone), end=last.replace(tzinfo=zone)))
            st.session_state["range"] = None
        else:
            st.session_state["absolute_refused"] = True

    def clear() -> None:
        _forget_absolute()
        del st.session_state["range"]

    with st.form("absolute_range", border=False):
        # First, because the calendar of a field opens over what stands below it.
        st.form_submit_button(view.t("apply"), type="primary", on_click=apply)
        st.datetime_input(view.t("from"), start, key="absolute_from", format="YYYY-MM-DD")
        st.datetime_input(view.t("to"), end, key="absolute_to", format="YYYY-MM-DD")
    if st.session_state.pop("absolute_refused", False):
        st.badge(view.t("wrong_range"), color="red", icon=":material/error:")
    if period.is_absolute:
        st.button(view.t("clear"), icon=":material/undo:", type="tertiary", on_click=clear)


def _heartbeat(live: bool) -> None:
    """Rerun the whole page every minute while it is live, so that its panels reload in parallel."""
    st.session_state["full_run"] = True

    @st.fragment(run_every="60s" if live else None)
    def beat() -> None:
        if st.session_state.pop("full_run", False):
            return  # this is the full run itself
        st.rerun()

    beat()


# filters --------------------------------------------------------------------------------------------------------------


def _filters(view: View) -> Filters:
    chosen = tuple((item.key, tuple(_choice(view, item))) for item in view.filters.scope.filters)
    return Filters(view.period, view.filters.scope, tuple((key, values) for key, values in chosen if values))


def _choice(view: View, item: Filter) -> list[str]:
    """A filter: the values found in the period, and any that the URL names though the period does not have them."""
    named = [*st.query_params.get_all(item.key), *st.session_state.get(item.key, [])]
    found = _values(view, item)
    return st.multiselect(
        item.title.to(view.language),
        list(dict.fromkeys([*found, *named])),
        key=item.key,
        bind="query-params",
        placeholder=item.everything.to(view.language),
        accept_new_options=True,
        help=None if item.help is None else item.help.to(view.language),
    )


def _values(view: View, item: Filter) -> list[str]:
    """The values that a filter offers. Their clock moves in ten minutes: a list of choices need not be newer."""
    calm = view.at(view.now.replace(minute=view.now.minute // 10 * 10) + timedelta(minutes=10))
    try:
        answer = calm.ask(view.period.on(filter_options(item.value, view.filters.scope.tables), view.zone))
    except TrailboardError:
        return []  # the panels tell what is wrong
    return [str(value) for value in answer.frame["choice"]]
