"""The open values of the query in the editor, as inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from pages.parts.explore.page import ExplorePage, plain_label
from pages.parts.explore.parameters import Parameter, as_moment, value_of


def show_values(page: ExplorePage) -> None:
    """An input for each `$("name")` that the query does not define. A change of one runs again what did run."""
    found = page.parameters(page.desk.text)
    if not found:
        return
    with st.container(horizontal=True, gap="small", key="explore_values"):
        for parameter in found:
            _input(page, parameter)


def _input(page: ExplorePage, parameter: Parameter) -> None:
    here = page.desk
    # A page that puts another text into the editor, or other values, starts with other inputs.
    key = f"value_{here.revision}_{parameter.kind}_{parameter.name}"
    value, label = _known(page, parameter), plain_label(parameter.name)

    def changed(written: Callable[[object], str]) -> Callable[[], None]:
        def store() -> None:
            here.written[parameter.name] = written(st.session_state[key])
            text = page.newest_text()
            if here.job is not None and here.job.text == text:
                page.run_text(text)

        return store

    placeholder = parameter.default or page.t("no_value")
    if parameter.kind == "number":
        st.number_input(
            label, value=None if value is None else float(value), step=1.0, format="%.15g", key=key,
            placeholder=placeholder, width=180,
            on_change=changed(lambda number: "" if number is None else f"{number:.15g}"),
        )  # fmt: skip
    elif parameter.kind == "moment":
        st.datetime_input(
            label, value=value, key=key, format="YYYY-MM-DD", width=220,
            on_change=changed(lambda wall: _written(wall, page.view.zone)),
        )  # fmt: skip
    else:
        st.text_input(
            label, value=value or "", key=key, placeholder=placeholder, width=220,
            on_change=changed(lambda text: str(text or "")),
        )  # fmt: skip


def _known(page: ExplorePage, parameter: Parameter) -> str | int | float | datetime | None:
    """The value as its input takes it; one that is of another kind by now is left out."""
    try:
        value = value_of(parameter, page.desk.written.get(parameter.name, ""), page.view.zone)
    except ValueError:
        return None
    return page.view.wall_clock(value) if isinstance(value, datetime) else value


def _written(wall: object, zone: str) -> str:
    return as_moment(wall.replace(tzinfo=ZoneInfo(zone))) if isinstance(wall, datetime) else ""
