"""Collecting from the app: what runs, how far it is, starting, stopping and going on; and the sources being watched."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from engine.lake.apart import JOBS, Job, Order
from engine.lake.store import Lake
from engine.lake.watch import WatchState, forget, watch_states
from engine.language.errors import LakeError
from engine.meter import time_left
from engine.settings import LOG_KINDS, Settings
from pages.parts.arrivals import forget_watches
from pages.parts.collecting import SINCE, may_change, mistake_in, since_day
from pages.parts.coverage_texts import translate
from pages.parts.periods import age
from pages.parts.view import View

TICK, CALM_TICK = "1s", "3s"  # between two looks at what runs, and at what mostly waits
COLOURS = {"running": "blue", "watching": "blue", "stopping": "orange", "stopped": "gray", "done": "green"}
ICONS = {"failed": ":material/error:", "done": ":material/check:", "stopped": ":material/pause:"}


def may_change_here() -> bool:
    """Whether this page may start and delete things."""
    return may_change(Settings.load(), st.get_option("server.address"))


def show_collecting(view: View) -> None:
    """The whole section."""
    settings = Settings.load()
    allowed = may_change_here()
    st.caption(_t(view, "collect_intro" if allowed else "not_here"))
    if allowed:
        _form(settings, view)
    show_jobs(view, settings.own_lake, ("collect", "watch"), allowed)
    _watched(settings, view)


def _form(settings: Settings, view: View) -> None:
    with st.container(border=True, key="collect_form"):
        kind, source = st.columns([1, 3])
        chosen = kind.selectbox(_t(view, "kind"), LOG_KINDS, key="collect_kind")
        named = source.text_input(
            _t(view, "from_source"), key="collect_source", placeholder="s3://my-trail/AWSLogs", autocomplete="off"
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            since = st.segmented_control(
                _t(view, "delivered_since"),
                list(SINCE),
                default="7d",
                required=True,
                key="collect_since",
                format_func=lambda code: _t(view, "everything") if code == "all" else code,
            )
            watched = st.toggle(_t(view, "keep_watching"), key="collect_watch")
            if st.button(_t(view, "start"), type="primary", icon=":material/download:", key="collect_start"):
                _begin(Order("watch" if watched else "collect", settings.own_lake, chosen, named.strip()), since, view)
        st.caption(_t(view, "collect_to", lake=settings.own_lake.replace("`", "'")))


def _begin(order: Order, since: str | None, view: View) -> None:
    if mistake := mistake_in(order.source):
        st.warning(_t(view, mistake), icon=":material/edit:")
        return
    JOBS.start(replace(order, since=since_day(since or "7d", order.source)))


def show_jobs(view: View, lake: str, verbs: tuple[str, ...], allowed: bool) -> None:
    """The jobs of some kinds; looked at again every second while one runs."""
    active = [job for job in JOBS.all(lake) if job.order.verb in verbs and job.is_active]
    is_active = bool(active)
    is_calm = all(job.order.verb == "watch" and job.report for job in active)

    @st.fragment(run_every=(CALM_TICK if is_calm else TICK) if is_active else None)
    def jobs() -> None:
        shown = [job for job in JOBS.all(lake) if job.order.verb in verbs]
        for number, job in enumerate(shown):
            _job(job, f"{'_'.join(verbs)}_{number}", allowed, view)
        if is_active != any(job.is_active for job in shown):
            st.rerun()  # the page shows what has come of it, or begins to look again

    jobs()


def _job(job: Job, key: str, allowed: bool, view: View) -> None:
    state = "watching" if job.state == "running" and job.order.verb == "watch" else job.state
    with st.container(border=True, key=f"job_{key}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            colour = "red" if job.problem else COLOURS.get(state, "red")
            st.badge(_t(view, state), color=colour, icon=ICONS.get(state))
            if job.order.source:
                st.text(f"{job.order.kind}  {job.order.source}", width="stretch")
            if allowed:
                _buttons(job, key, view)
        if job.problem:
            st.code(job.problem, language=None, wrap_lines=True)
        if job.is_active and job.progress:
            _progress(job, view)
        elif job.state == "running" and not job.report:
            st.progress(0.0, _t(view, "looking"))
        if job.report and (not job.is_active or state == "watching"):
            _report(job, view)
        for warning in job.warnings:
            st.code(warning, language=None, wrap_lines=True)


def _report(job: Job, view: View) -> None:
    """What came of a job: of a collect the counts in the viewer's language, and what else there is to say as it is."""
    rest = job.report.splitlines()
    if job.counts:
        st.text(_t(view, "collected_counts", **{name: f"{count:,}" for name, count in job.counts.items()}))
        rest = rest[2:]  # the same in English
    if rest:
        st.code("\n".join(rest), language=None, wrap_lines=True)


def _buttons(job: Job, key: str, view: View) -> None:
    if job.state == "running":
        st.button(
            _t(view, "stop"), icon=":material/stop:", key=f"stop_{key}", on_click=JOBS.stop, args=[job], width="content"
        )
    elif not job.is_active:
        if job.order.source and job.state in ("stopped", "failed"):
            st.button(
                _t(view, "resume"), icon=":material/play_arrow:", key=f"resume_{key}", on_click=JOBS.start,
                args=[job.order], width="content",
            )  # fmt: skip
        st.button(_t(view, "dismiss"), key=f"dismiss_{key}", on_click=JOBS.forget, args=[job], type="tertiary")


def _progress(job: Job, view: View) -> None:
    told = job.progress
    rate = told["events"] / told["seconds"] if told["seconds"] else 0
    pieces = [
        _t(
            view,
            "so_far",
            objects=f"{told['objects']:,}",
            total=f"{told['total']:,}",
            events=f"{told['events']:,}",
            rate=f"{rate:,.0f}",
        )
    ]
    if told["left"] and job.order.verb != "watch":
        pieces.append(_t(view, "time_left", left=time_left(told["left"])))
    st.progress(min(1.0, max(0.0, told["fraction"])), " · ".join(pieces))


def _watched(settings: Settings, view: View) -> None:
    """The sources that are watched, by this app or another process, as they left word in the lake."""
    st.markdown(f"**{_t(view, 'watched')}**")
    try:
        states = [] if settings.is_demo else watch_states(Lake.open(settings.own_lake))
    except LakeError:
        states = []
    if not states:
        st.caption(_t(view, "no_watch"))
        return
    column = st.column_config
    st.dataframe(
        watched_frame(states, view),
        hide_index=True,
        key="coverage_watched",
        alt=_t(view, "watched"),
        placeholder="",
        column_config={
            "state": column.TextColumn(_t(view, "watch_state")),
            "kind": column.TextColumn(_t(view, "source")),
            "source": column.TextColumn(_t(view, "origin"), width=280),
            "looked": column.TextColumn(_t(view, "last_look")),
            "polls": column.NumberColumn(_t(view, "polls"), format="localized"),
            "objects": column.NumberColumn(_t(view, "new_objects"), format="localized"),
            "events": column.NumberColumn(_t(view, "events"), format="localized"),
            "cost": column.NumberColumn(_t(view, "month_cost"), format="$%.2f"),
            "error": column.TextColumn(_t(view, "trouble"), width=280),
        },
    )
    if may_change_here():
        now = datetime.now(UTC)
        for number, state in enumerate(states):
            if state.stopped or state.is_late(now):
                st.button(
                    _t(view, "forget", source=escaped(state.source)),
                    key=f"forget_{number}",
                    icon=":material/delete:",
                    help=_t(view, "forget_help"),
                    on_click=_forget,
                    args=[settings, state],
                )


def _forget(settings: Settings, state: WatchState) -> None:
    forget(Lake.open(settings.own_lake), state)
    forget_watches()


def escaped(text: str) -> str:
    """A text that Markdown leaves as it is.

    >>> escaped("s3://a_b*[c]")
    's3\\\\:\\\\/\\\\/a\\\\_b\\\\*\\\\[c\\\\]'
    """
    return re.sub(r"([^\w\s])|_", lambda found: f"\\{found.group()}", text)


def watched_frame(states: list[WatchState], view: View) -> pd.DataFrame:
    """What the watches tell, for people."""
    now = datetime.now(UTC)
    rows = []
    for state in states:
        looked = state.attempted or state.started
        how = "stopped" if state.stopped else "late" if state.is_late(now) else "failed" if state.error else "watching"
        rows.append(
            {
                "state": _t(view, how),
                "kind": state.kind,
                "source": state.source,
                "looked": _t(view, "ago", age=age(looked, now, view.language)),
                "polls": state.polls,
                "objects": state.objects,
                "events": state.events,
                "cost": state.usd_per_month if state.requests else None,
                "error": state.error,
            }
        )
    return pd.DataFrame(rows)


def _t(view: View, key: str, **values: object) -> str:
    return translate(key, view.language, **values)
