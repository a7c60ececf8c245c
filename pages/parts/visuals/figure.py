"""One number of an answer of AWS: its level, what it is compared with, its course, second numbers under it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine.language.printer import print_query
from engine.language.rewrite import before_aggregate
from engine.query import Result
from pages.parts.links import EXPLORE, explore_params
from pages.parts.live import monthly_budget
from pages.parts.live_texts import translate
from pages.parts.livecard import failures
from pages.parts.panel import Beside, Figure, Level
from pages.parts.purse import Purse, purse
from pages.parts.units import money, written
from pages.parts.view import View
from pages.parts.visuals.number import BADGES
from pages.parts.visuals.shown import Shown, draw, plain, row_values, rows_link

NEARLY, RISING = 0.8, 0.3  # of the budget; more than before


@draw.register
def draw_figure(visual: Figure, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    value = None if frame.empty else plain(frame[visual.value].iloc[0])
    if value is None:
        st.metric(shown.panel.id, "–", label_visibility="collapsed")
        help_text = translate("no_answer_help", view.language)
        st.badge(translate("no_answer", view.language), icon=":material/cloud_off:", color="gray", help=help_text)
        return
    rate = purse(view) if visual.unit == "money" else Purse()
    dollars = float(value)
    before = _first(visual.before, view)
    level, reason = _level(visual, dollars, before, frame, view)
    course = [] if visual.course is None else _course(visual.course, view)
    st.metric(
        shown.panel.id,
        _written(visual, dollars, rate),
        delta=_change(dollars, before),
        delta_color="inverse" if before else "off",
        delta_description=None if visual.compared is None else visual.compared.to(view.language),
        label_visibility="collapsed",
        chart_data=course or None,
        chart_type="bar",
        help=None if before is None else translate("previous", view.language, before=_written(visual, before, rate)),
    )
    color, icon = BADGES[level]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        if visual.limits is not None or _budget(visual) is not None:
            st.badge(view.t(level), icon=icon, color=color, help=reason or None)
        rows_link(shown)
    told = reason if visual.budgeted else ""  # the reason of fixed limits is their badge's help
    for line in filter(None, (told, _said(visual, frame, view, rate))):
        st.caption(line)
    for item in visual.beside:
        _draw_beside(item, shown)


def _written(visual: Figure, value: float, rate: Purse) -> str:
    return rate.written(value) if visual.unit == "money" else written(value, visual.unit)


def _first(text: str | None, view: View) -> float | None:
    """The first cell of a query's answer, null when there is none."""
    if text is None:
        return None
    frame = view.ask(view.filled(text)).frame
    found = None if frame.empty else plain(frame.iloc[0, 0])
    return None if found is None else float(found)


def _course(text: str, view: View) -> list[float]:
    frame = view.ask(view.filled(text)).frame
    return [] if frame.empty else frame.iloc[:, -1].astype(float).fillna(0).tolist()


def _change(value: float, before: float | None) -> str | None:
    """How much more or less in percent; nothing when there is nothing to compare with."""
    if not before:
        return None
    change = (value - before) / abs(before) * 100
    return f"{change:+,.1f}%" if abs(change) < 1000 else f"{change / 100:+,.0f} ×"


def _budget(visual: Figure) -> float | None:
    return monthly_budget() if visual.budgeted else None


def _level(visual: Figure, value: float, before: float | None, frame: pd.DataFrame, view: View) -> tuple[Level, str]:
    """The level and, when it is not calm, the reason in words."""
    if visual.limits is not None:
        level = visual.limits.level(value)
        limit = visual.limits.red if level == "red" else visual.limits.amber
        return level, "" if level == "ok" else view.t("at_least", value=limit)
    budget = _budget(visual)
    if budget is None:
        return "ok", ""
    dollars = float(frame["cost"].iloc[0]) if visual.unit == "KRW" else value
    share = dollars / budget
    text = translate("of_budget", view.language, share=f"{share:.0%}", budget=money(budget, "USD"))
    if share >= 1:
        return "red", text
    rises = before is not None and before > 0 and value > before * (1 + RISING)
    return ("amber" if share >= NEARLY or rises else "ok"), text


def _said(visual: Figure, frame: pd.DataFrame, view: View, rate: Purse) -> str:
    return "" if visual.said is None else visual.said(row_values(frame)[0], view.language, rate.written)


def _draw_beside(item: Beside, shown: Shown) -> None:
    """A second number as a link to its rows; amber or red ones have a coloured dot. Says who did not answer to it."""
    view = shown.view
    query = view.filled(item.query)
    answer = view.ask(query)
    frame = answer.frame
    found = None if frame.empty else plain(frame.iloc[0, 0])
    level: Level = item.limits.level(int(found)) if item.limits is not None and found is not None else "ok"
    more = None if item.said is None or frame.empty else item.said(row_values(frame)[0])
    count = "–" if found is None else f"{int(found):,}"
    label = item.title.to(view.language, n=count) + ("" if more is None else f" · {more.to(view.language)}")
    icon = {"ok": ":material/table_rows:", "amber": ":material/warning:", "red": ":material/error:"}[level]
    colour = {"ok": label, "amber": f":orange[{label}]", "red": f":red[{label}]"}[level]
    st.page_link(EXPLORE, label=colour, icon=icon, query_params=explore_params(print_query(before_aggregate(query))))
    if not named(answer) <= named(shown.answer):
        failures(answer, view)


def named(answer: Result) -> set[str]:
    """Who did not answer."""
    return {name for item in answer.live for name in item.failed}
