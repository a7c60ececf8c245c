"""The project's own files agree with each other and with the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RANGES = {canonicalize_name(r.name): r for r in map(Requirement, PROJECT["dependencies"])}
PINS = {
    canonicalize_name(r.name): r
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if (text := line.partition("#")[0].strip())
    for r in [Requirement(text)]
}
OURS = {"engine", "pages", "tests", "streamlit_app"}


def pinned_version(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned"
    assert "*" not in specifier.version, f"{requirement} is not pinned"
    return specifier.version


def test_every_pin_is_exact_and_from_the_index() -> None:
    assert len(PINS) > 40
    for requirement in PINS.values():
        assert pinned_version(requirement)
        assert requirement.url is None


@pytest.mark.parametrize("name", sorted(RANGES))
def test_every_dependency_is_pinned_within_its_range(name: str) -> None:
    assert name in PINS, f"{name} is missing in requirements.txt"
    assert pinned_version(PINS[name]) in RANGES[name].specifier


def test_pins_are_complete() -> None:
    """What the installed dependencies need is pinned too."""
    from importlib.metadata import requires

    wanted, todo = set(), list(RANGES)
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        wanted.add(name)
        needed = map(Requirement, requires(name) or [])
        todo += [canonicalize_name(r.name) for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    assert wanted <= set(PINS)


def test_requirements_name_no_index() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text, re.MULTILINE)


def imported_modules(path: Path) -> set[str]:
    """Top-level names that a file imports, type checking included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_everything_imported_is_a_declared_dependency() -> None:
    distributions = packages_distributions()
    files = [*sources("engine", "pages"), *ROOT.glob("streamlit_app.py")]
    assert len(files) > 20
    undeclared = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in files
        for name in imported_modules(path) - sys.stdlib_module_names - OURS
        if not {canonicalize_name(distribution) for distribution in distributions.get(name, [])} & set(RANGES)
    }
    # They come with pandas, geoip2 and boto3, whose own interfaces hand out their objects.
    assert {name for _, name in undeclared} <= {"numpy", "maxminddb", "botocore", "urllib3"}, undeclared


def test_the_engine_never_imports_streamlit_or_pages() -> None:
    wrong = {"streamlit", "pages", "altair", "pydeck"}
    assert not [path for path in sources("engine") if imported_modules(path) & wrong]


def test_no_page_lies_directly_in_pages() -> None:
    """There it would break deep links on a cold server: Streamlit would run it without streamlit_app.py."""
    assert not [path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py"]


def test_the_configuration_asks_no_foreign_host() -> None:
    text = (ROOT / ".streamlit" / "config.toml").read_text()
    config = tomllib.loads(text)
    assert config["browser"]["gatherUsageStats"] is False
    assert "://" not in text
    for face in config["theme"]["fontFaces"]:
        path = urlsplit(face["url"]).path
        assert (ROOT / path.removeprefix("app/")).is_file(), f"{path} is not there"


def test_every_option_in_the_configuration_is_known() -> None:
    from streamlit import config as streamlit_config

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    known = streamlit_config.get_config_options()
    themes = {f"theme.{scheme}": config["theme"].pop(scheme) for scheme in ("light", "dark")}
    names = [f"{section}.{name}" for section, values in (config | themes).items() for name in values]
    assert len(names) > 20
    assert not [name for name in names if name not in known]


def test_make_targets_are_documented_and_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert {"run", "test", "check", "bench"} <= targets
    named = set(re.findall(r"`?make (\w+)", (ROOT / "README.md").read_text()))
    assert {"run", "test", "check"} <= named <= targets


def test_readme_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        assert not path or (ROOT / path).exists(), link
        headings = [
            re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)", text, re.M)
        ]
        assert path or anchor in headings, link


def test_ci_installs_a_browser_and_does_not_let_it_be_skipped() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text().splitlines()
    assert lines.index("make check") < lines.index("make test")
    assert any(line.startswith("export TRAILBOARD_BROWSER=1") for line in lines)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_licence() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text


def test_the_language_in_the_readme_is_that_of_the_code() -> None:
    from engine.reference import with_page

    text = (ROOT / "README.md").read_text()
    assert with_page(text) == text, "run: python -m engine.reference README.md"


def test_the_readme_names_every_command_and_option_of_the_command_line() -> None:
    from argparse import ArgumentParser, _SubParsersAction

    from engine.cli import build_parser

    text = (ROOT / "README.md").read_text()
    (subparsers,) = [action for action in build_parser()._actions if isinstance(action, _SubParsersAction)]
    parsers: dict[str, ArgumentParser] = subparsers.choices
    assert len(parsers) >= 7
    assert not [name for name in parsers if f"trailboard {name}" not in text]


def test_the_readme_names_every_variable() -> None:
    code = "".join(path.read_text() for path in sources("engine", "pages"))
    used = set(re.findall(r"TRAILBOARD_[A-Z_]+[A-Z]", code)) - {"TRAILBOARD_DEBUG"}
    assert len(used) > 5
    assert not [name for name in used if name not in (ROOT / "README.md").read_text()]
