"""Bundled files: each named with its licence, the world map complete and in place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.geo import countries

ROOT = Path(__file__).resolve().parents[1]
OWN_WORDS = ("README.md", "__pycache__")


@pytest.fixture(scope="module")
def features() -> list[dict[str, Any]]:
    collection = json.loads((ROOT / "static" / "world-ee.geojson").read_text("utf-8"))
    assert collection["type"] == "FeatureCollection"
    return list(collection["features"])


def bundled(folder: str) -> list[str]:
    """Paths below a folder; those of the scripts folder are one entry."""
    paths = (path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted({"recipes/" if path.startswith("recipes/") else path for path in paths if path not in OWN_WORDS})


@pytest.mark.parametrize("folder", ["data", "static"])
def test_every_file_is_named_with_its_licence(folder: str) -> None:
    readme = (ROOT / folder / "README.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in readme.splitlines() if line.startswith("| `")]
    assert all(len(row) == 6 and all(row[1:5]) for row in rows), "each row: file, what, made from, licence"
    named = " ".join(row[1] for row in rows)
    for path in bundled(folder):
        if "LICENSE" in path:
            assert f"`{path}`" in readme, f"{folder}/{path} is not named in {folder}/README.md"
        else:
            assert f"`{path}`" in named, f"{folder}/{path} has no row in {folder}/README.md"


@pytest.mark.parametrize("folder", ["data", "static"])
def test_every_named_file_is_there(folder: str) -> None:
    readme = (ROOT / folder / "README.md").read_text("utf-8")
    named = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    paths = [path for cell in named for path in cell.split("`")[1::2]]
    assert paths
    assert [path for path in paths if not (ROOT / folder / path).exists()] == []


def test_sizes_stay_small() -> None:
    limits = {
        "data/geo/country.mmdb": 10e6,
        "data/geo/asn.mmdb": 12e6,
        "static/world-ee.geojson": 400e3,
        "static/favicon.png": 10e3,
        "static/Pretendard-Regular.subset.woff2": 300e3,
        "static/Pretendard-SemiBold.subset.woff2": 300e3,
    }
    assert {
        name: (ROOT / name).stat().st_size for name, limit in limits.items() if (ROOT / name).stat().st_size > limit
    } == {}


def test_country_table_is_iso_with_both_languages() -> None:
    table = countries()
    assert len(table) == 250  # 249 of ISO 3166-1 and Kosovo
    assert len({country.numeric for country in table.values()}) == 250
    assert all(len(code) == 2 and code.isupper() and len(table[code].numeric) == 3 for code in table)
    assert {country.continent for country in table.values()} == {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}
    assert all(any("가" <= letter <= "힣" for letter in country.ko) for country in table.values())
    korea = table["KR"]
    assert (korea.numeric, korea.en, korea.ko, korea.continent) == ("410", "South Korea", "대한민국", "AS")
    assert all(
        -180 <= c.lon <= 180 and -90 <= c.lat <= 90 and abs(c.x) <= 156 and abs(c.y) <= 77 for c in table.values()
    )


def test_the_map_has_every_country_once(features: list[dict[str, Any]]) -> None:
    codes = [feature["properties"]["a2"] for feature in features if feature["properties"]["a2"]]
    assert len(codes) == len(set(codes))
    assert set(codes) == countries().keys() - {"AQ"}


def test_map_and_table_agree(features: list[dict[str, Any]]) -> None:
    for feature in features:
        facts = feature["properties"]
        if facts["a2"]:
            country = countries()[facts["a2"]]
            assert (facts["name"], facts["cx"], facts["cy"]) == (country.en, country.x, country.y)
            assert facts.get("dot", False) == country.dot
    assert all(countries()[code].dot for code in ("SG", "HK", "MO", "MT", "BH", "MC", "LU", "MU"))
    assert not any(countries()[code].dot for code in ("KR", "TW", "IL", "NL", "SV", "SI"))


def rings(feature: dict[str, Any]) -> Iterator[list[list[float]]]:
    for polygon in feature["geometry"]["coordinates"]:
        yield from polygon


def test_rings_are_closed_and_within_the_map(features: list[dict[str, Any]]) -> None:
    for feature in features:
        assert feature["geometry"]["type"] == "MultiPolygon"
        for ring in rings(feature):
            assert len(ring) >= 4
            assert ring[0] == ring[-1]
            assert all(a != b for a, b in pairwise(ring))
            assert all(abs(x) <= 155.5 and abs(y) <= 76 for x, y in ring)


def test_no_shape_runs_across_the_map(features: list[dict[str, Any]]) -> None:
    """A shape that was not cut at ±180° has edges half the world long."""
    for feature in features:
        for ring in rings(feature):
            assert max(abs(b[0] - a[0]) for a, b in pairwise(ring)) < 30, feature["properties"]["name"]
    russia = next(feature for feature in features if feature["properties"]["a2"] == "RU")
    assert any(max(x for x, _ in ring) < -80 for ring in rings(russia)), "Chukotka's end lies at the left edge"


def test_favicon_is_a_square_png_with_round_corners() -> None:
    with Image.open(ROOT / "static" / "favicon.png") as image:
        assert (image.format, image.size, image.mode) == ("PNG", (128, 128), "RGBA")
        assert image.getpixel((0, 0))[3] == 0
        assert image.getpixel((64, 20))[3] == 255


def test_fonts_are_woff2() -> None:
    for weight in ("Regular", "SemiBold"):
        assert (ROOT / "static" / f"Pretendard-{weight}.subset.woff2").read_bytes()[:4] == b"wOF2"
