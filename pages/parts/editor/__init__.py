"""The query editor: CodeMirror as a Streamlit component, with this language's colours, completion and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.problems import Problem

FOLDER = Path(__file__).parent

# As text, not as a path: a path would need an installed package with a manifest of its components.
_component = st.components.v2.component(
    "query_editor",
    html="<div class='editor'></div>",
    css=".editor { min-height: 7.2rem; }",  # its place is kept until the script has run, so that nothing jumps
    js=(FOLDER / "editor.min.js").read_text("utf-8"),
)


def query_editor(
    text: str,
    revision: int,
    *,
    key: str,
    label: str,
    placeholder: str,
    fix_label: Callable[[str], str],
    vocabulary: dict[str, Any],
    problems: Sequence[Problem],
    on_text: Callable[[], None],
    on_run: Callable[[str, str], None],
    on_tidy: Callable[[str], None],
) -> None:
    """Draw the editor. A new `revision` puts `text` into it; otherwise what is being typed stays.

    `on_text` is called when typing pauses (`typed_text` has it then), `on_run` with the text and its selected part
    when Ctrl+Enter is pressed inside, `on_tidy` when Shift+Alt+F is.
    """

    def run() -> None:
        asked = st.session_state[key].get("run")
        if isinstance(asked, Mapping):
            on_run(str(asked.get("text", "")), str(asked.get("part", "")))

    def tidy() -> None:
        text = st.session_state[key].get("tidy")
        if isinstance(text, str):
            on_tidy(text)

    _component(
        key=key,
        data={
            "value": text,
            "rev": revision,
            "label": label,
            "placeholder": placeholder,
            "vocabulary": vocabulary,
            "problems": [_as_json(problem, text, fix_label) for problem in problems],
            "checked": text if problems else "",
        },
        on_typed_change=on_text,
        on_run_change=run,
        on_tidy_change=tidy,
    )


def typed_text(key: str, revision: int) -> str | None:
    """What the viewer has typed since the page set the text of that revision, nothing when that is not known yet.

    A click on a button brings the newest text along, but callbacks run in no particular order: each has to ask.
    """
    typed = st.session_state.get(key, {}).get("typed")
    if not isinstance(typed, Mapping) or typed.get("rev") != revision:
        return None
    text = typed.get("text")
    return text if isinstance(text, str) else None


def _as_json(problem: Problem, text: str, fix_label: Callable[[str], str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "from": browser_offset(text, problem.span.start),
        "to": browser_offset(text, problem.span.end),
        "severity": problem.severity,
        "message": problem.message,
    }
    if problem.fix is not None:
        change = {
            "from": browser_offset(text, problem.fix.span.start),
            "to": browser_offset(text, problem.fix.span.end),
            "insert": problem.fix.text,
        }
        made["fix"] = {"label": fix_label(problem.fix.text), "change": change}
    return made


def browser_offset(text: str, index: int) -> int:
    """An index into a Python text as JavaScript counts it, in UTF-16 units.

    >>> browser_offset("🐰 == 1", 1), browser_offset("달 == 1", 1)
    (2, 1)
    """
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2
