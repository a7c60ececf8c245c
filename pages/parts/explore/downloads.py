"""The result as files: all rows of it, made when they are asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO

import pandas as pd
import streamlit as st

from engine.catalog import Type
from engine.export import to_csv, to_json, to_parquet
from engine.query import Engine
from engine.wholefile import Pieces, write_csv, write_json, write_parquet
from pages.parts.desk import TIMEOUT, Answer
from pages.parts.explore.page import ExplorePage

Write = Callable[[Pieces, IO[bytes]], None]
FILES: tuple[tuple[str, str, str, Callable[[pd.DataFrame], bytes], Write], ...] = (
    ("csv", "CSV", "text/csv", lambda frame: to_csv(frame, bom=True), write_csv),
    ("parquet", "Parquet", "application/vnd.apache.parquet", to_parquet, write_parquet),
    ("json", "JSON", "application/json", to_json, write_json),
)


def show_downloads(page: ExplorePage, answer: Answer) -> None:
    """A button for each kind of file."""
    name = f"trailboard-{page.view.wall_clock(answer.result.now):%Y%m%d-%H%M%S}"
    with st.container(horizontal=True, gap="xsmall", width="content"):
        for ending, label, mime, make, write in FILES:
            st.download_button(
                label,
                data=made(page.engine(), answer, make, write),
                file_name=f"{name}.{ending}",
                mime=mime,
                icon=":material/download:",
                type="tertiary",
                key=f"explore_{ending}",
                on_click="ignore",
            )


def made(engine: Engine, answer: Answer, make: Callable[[pd.DataFrame], bytes], write: Write) -> Callable[[], bytes]:
    """The file's content on demand; of a result that was cut for the screen the query runs again for all rows."""

    def pieces() -> Iterator[tuple[pd.DataFrame, Mapping[str, Type]]]:
        return engine.batches(answer.query, answer.values, TIMEOUT)

    def content() -> bytes:
        if not answer.capped:
            return make(answer.result.frame)
        with tempfile.TemporaryFile() as file:
            write(pieces, file)
            file.seek(0)
            return file.read()

    return content
