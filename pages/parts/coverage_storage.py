"""The files of a lake: how many, how large, for how long; tidying up and retention, which tell what they will do."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from engine.lake.apart import JOBS, Order
from engine.lake.compact import SMALL, planned
from engine.lake.retain import Deletion, day_of, policies, title
from engine.lake.retain import planned as planned_deletion
from engine.lake.retain import today as utc_today
from engine.lake.store import Lake
from engine.meter import size
from engine.settings import Settings
from pages.parts import data
from pages.parts.coverage_jobs import may_change_here, show_jobs
from pages.parts.coverage_texts import translate
from pages.parts.view import View


def show_storage(view: View) -> None:
    """The whole section."""
    lake = data.lake(view.source.lake, view.source.sample)
    _tables(lake, view)
    if view.source.sample is not None:
        st.caption(_t(view, "sample_care"))
        return
    if not may_change_here():
        st.caption(_t(view, "not_here"))
        return
    with st.container(horizontal=True, gap="small"):
        with st.popover(_t(view, "compact"), icon=":material/cleaning_services:"):
            _compact(lake, view)
        with st.popover(_t(view, "retain"), icon=":material/auto_delete:"):
            _retain(lake, view)
    show_jobs(view, Settings.load().own_lake, ("compact", "retain"), allowed=True)


def storage(lake: Lake) -> pd.DataFrame:
    """A row per table: files, small ones, bytes, days, first and last day, days to keep (null: all)."""
    kept = policies(lake)
    rows = []
    for name in lake.names():
        files = lake.snapshot(name).files
        days = sorted({day_of(file) for file in files})
        rows.append(
            {
                "table": title(name),
                "files": len(files),
                "small": sum(file.bytes < SMALL for file in files),
                "bytes": sum(file.bytes for file in files),
                "rows": sum(file.rows for file in files),
                "days": len(days),
                "first": days[0] if days else None,
                "last": days[-1] if days else None,
                "kept": kept[name].days if name in kept else None,
            }
        )
    return pd.DataFrame(rows)


def _tables(lake: Lake, view: View) -> None:
    found = storage(lake)
    found = found[found["files"] > 0]
    if found.empty:
        st.caption(_t(view, "no_data"))
        return
    shown = found.assign(
        bytes=found["bytes"].map(size),
        kept=[_t(view, "for_ever") if pd.isna(days) else _t(view, "for_days", n=int(days)) for days in found["kept"]],
    )
    column = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        key="coverage_storage",
        alt=_t(view, "storage"),
        column_config={
            "table": column.TextColumn(_t(view, "table"), pinned=True),
            "files": column.NumberColumn(_t(view, "objects"), format="localized"),
            "small": column.NumberColumn(_t(view, "small"), format="localized"),
            "bytes": column.TextColumn(_t(view, "size")),
            "rows": column.NumberColumn(_t(view, "rows"), format="localized"),
            "days": column.NumberColumn(_t(view, "days"), format="localized"),
            "first": column.TextColumn(_t(view, "oldest")),
            "last": column.TextColumn(_t(view, "latest")),
            "kept": column.TextColumn(_t(view, "kept_days")),
        },
    )


def _compact(lake: Lake, view: View) -> None:
    plan = planned(lake)
    if plan.is_empty:
        st.caption(_t(view, "compact_nothing"))
        return
    st.write(
        _t(
            view,
            "compact_plan",
            small=f"{plan.joined:,}",
            size=size(plan.joined_bytes),
            joined=f"{len(plan.joins):,}",
            unused=f"{plan.deleted_files:,}",
        )
    )
    st.button(
        _t(view, "compact_do"),
        type="primary",
        key="compact_do",
        on_click=JOBS.start,
        args=[Order("compact", Settings.load().own_lake)],
    )


def _retain(lake: Lake, view: View) -> None:
    st.caption(_t(view, "retain_intro"))
    known = list(policies(lake))
    names = st.multiselect(
        _t(view, "retain_tables"), known, default=known, key="retain_tables", format_func=title, placeholder=""
    )
    days = st.number_input(_t(view, "retain_days"), 1, 36_500, value=None, step=1, key="retain_days")
    plans = planned_deletion(lake, dict.fromkeys(names, days), utc_today())
    for plan in plans:
        st.write(told(plan, view))
    deleted = sorted({day for plan in plans for day in plan.deleted_days})
    label = _t(view, "retain_do", days=f"{len(deleted):,}") if deleted else _t(view, "retain_set")
    st.button(
        label,
        type="primary",
        icon=":material/delete_forever:" if deleted else None,
        key="retain_do",
        disabled=not names,
        on_click=JOBS.start,
        args=[Order("retain", Settings.load().own_lake, days=days, tables=tuple(names))],
    )


def told(plan: Deletion, view: View) -> str:
    """What a retention would do to a table."""
    days = plan.deleted_days
    if not days:
        return _t(view, "retain_back" if plan.back else "retain_nothing", table=title(plan.table))
    return _t(
        view,
        "retain_plan",
        table=title(plan.table),
        days=f"{len(days):,}",
        first=date.fromisoformat(days[0]),
        last=date.fromisoformat(days[-1]),
        rows=f"{plan.rows:,}",
        size=size(plan.bytes),
    )


def _t(view: View, key: str, **values: object) -> str:
    return translate(key, view.language, **values)
