"""A query survives its way through a URL; a damaged or hostile link does no harm."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.links import LARGEST_QUERY, explore_params, query_from_params


@given(st.text(max_size=4000))
def test_any_text_survives(text: str) -> None:
    text = text.encode(errors="ignore").decode()
    assert query_from_params(explore_params(text)) == text


def test_long_queries_are_packed() -> None:
    query = "table cloudtrail | search in(eventID, " + ", ".join(f'"{n}"' for n in range(2000)) + ")"
    params = explore_params(query)
    assert list(params) == ["qz"]
    assert len(params["qz"]) < len(query)


@pytest.mark.parametrize("packed", ["", "%", "AAAA", "한국어", "eJw", "=" * 9])
def test_damage_is_no_query(packed: str) -> None:
    assert query_from_params({"qz": packed}) == ""


def test_a_bomb_does_not_go_off() -> None:
    packed = base64.urlsafe_b64encode(zlib.compress(b"x" * 50_000_000, 9)).decode()
    assert len(query_from_params({"qz": packed})) <= LARGEST_QUERY
