"""What a viewer keeps: saved queries with open values, the history, the own dashboard; on disk and in a session."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from engine import Engine
from engine.catalog import Catalog
from engine.language.errors import SourceError
from engine.language.grammar import parse
from engine.language.printer import print_query
from pages.parts import board
from pages.parts.board_texts import TEXTS as BOARD_TEXTS
from pages.parts.explore import history, saved
from pages.parts.explore.parameters import parameters, values
from pages.parts.explore.saved import NotSaved, Saved
from pages.parts.explore.secrets import holds_secret
from pages.parts.kept import Folder, Memory, Shelf
from tests.pages.conftest import ROOT
from tests.pages.test_texts import check

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OPEN = (
    'table duration=$("span") cloudtrail* | search eventName == $("name") | stats count | search count >= $("least", 1)'
)


@pytest.fixture(params=["folder", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return Folder(tmp_path) if request.param == "folder" else Memory()


# the shelf ------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_there_again(shelf: Shelf) -> None:
    assert shelf.read("queries/a.lpql") is None
    shelf.write("queries/a.lpql", "table t\r\n")
    shelf.write("queries/b.lpql", "쿼리")
    assert shelf.names("queries") == ["a.lpql", "b.lpql"]
    assert (shelf.read("queries/a.lpql"), shelf.read("queries/b.lpql")) == (
        "table t\r\n" if not shelf.lasts else "table t\n",
        "쿼리",
    )
    shelf.remove("queries/a.lpql")
    shelf.remove("queries/a.lpql")
    assert shelf.names("queries") == ["b.lpql"]


def test_files_are_their_owner_s_alone_and_no_half_one_is_left(tmp_path: Path) -> None:
    Folder(tmp_path).write("queries/a.lpql", "table t")
    (path,) = (tmp_path / "queries").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_disk_that_refuses_is_told_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "queries").write_text("a file where a folder should be")
    with pytest.raises(SourceError, match=r"queries/a\.lpql"):
        Folder(tmp_path).write("queries/a.lpql", "table t")


# saved queries --------------------------------------------------------------------------------------------------------


def test_a_query_is_saved_with_what_belongs_to_it(shelf: Shelf) -> None:
    query = Saved("로그인 실패", OPEN, "who | [fails]", {"name": "ConsoleLogin", "apiKey": "hunter2"})
    saved.save(shelf, query)
    found = saved.find(shelf, "로그인 실패")
    assert found == Saved("로그인 실패", OPEN, "who | [fails]", {"name": "ConsoleLogin"})
    assert saved.all_saved(shelf) == [found]
    text = shelf.read("queries/로그인 실패.lpql")
    assert text is not None
    assert "hunter2" not in text
    assert print_query(parse(text)) == print_query(parse(OPEN)), "the file is a query that runs as it stands"


@given(st.text(max_size=60), st.dictionaries(st.text("abc", min_size=1), st.text(max_size=20), max_size=3))
def test_any_description_and_value_comes_back(description: str, given_values: dict[str, str]) -> None:
    query = Saved("a", "table t | limit 3", description, given_values)
    assert saved.from_file("a", saved.as_file(query)) == query


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a\n" * 60, "con|prn", "a" * 300, "-rf"])
def test_names_that_are_none_are_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(NotSaved, match="wrong_name"):
        saved.save(shelf, Saved(name, "table t"))
    assert saved.find(shelf, name) is None


@pytest.mark.parametrize(
    "text", [f'search a == "{SECRET}"', 'search password == "hunter2"', 'search a == "ghp_' + "a1" * 18 + '"']
)
def test_secrets_are_not_written(shelf: Shelf, text: str) -> None:
    query = f"table t | {text}"
    assert holds_secret(query)
    with pytest.raises(NotSaved, match="has_secret"):
        saved.save(shelf, Saved("a", query))
    history.remember(shelf, query)
    assert history.recalled(shelf) == ()
    with pytest.raises(board.NotKept, match="has_secret"):
        board.new_panel("a", query)


def test_queries_travel_in_files(shelf: Shelf) -> None:
    queries = [Saved("a", "table t", "first"), Saved("b", OPEN, "", {"name": "x"})]
    assert saved.imported("all.zip", saved.exported(queries)) == queries
    assert saved.imported("a.lpql", saved.as_file(queries[0]).encode()) == [queries[0]]
    for damaged in (b"\xff\xfe", b"PK\x05\x06damaged" + b"\0" * 14):
        with pytest.raises(NotSaved):
            saved.imported("..lpql" if damaged[:1] == b"P" else "a.lpql", damaged)


def test_an_archive_cannot_write_elsewhere_nor_fill_the_memory() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/evil.lpql", "table t")
    assert saved.imported("a.zip", made.getvalue())[0].name == "evil"
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.lpql", "x" * 3_000_000)
    with pytest.raises(NotSaved):
        saved.imported("a.zip", made.getvalue())


# history --------------------------------------------------------------------------------------------------------------


def test_history_keeps_the_newest_of_each(shelf: Shelf) -> None:
    for number in range(history.MOST + 5):
        history.remember(shelf, f"table t{number}", datetime(2026, 1, 1, tzinfo=UTC))
    history.remember(shelf, "table t50")
    history.remember(shelf, "x" * (history.LONGEST + 1))
    runs = history.recalled(shelf)
    assert (len(runs), runs[0].text, runs[1].text) == (history.MOST, "table t50", f"table t{history.MOST + 4}")
    history.forget(shelf)
    assert history.recalled(shelf) == ()


@pytest.mark.parametrize("damaged", ["{", "3", '[{"text": 1}]', '[{"text": "a"}]', "[null]"])
def test_a_damaged_history_is_none(shelf: Shelf, damaged: str) -> None:
    shelf.write(history.FILE, damaged)
    assert history.recalled(shelf) == ()
    history.remember(shelf, "table t")
    assert [run.text for run in history.recalled(shelf)] == ["table t"]


# open values ----------------------------------------------------------------------------------------------------------


def test_what_a_query_defines_itself_is_not_open() -> None:
    text = (
        'set a = 1 | setq [ json "{b: 2}" ] | table from=$("start", ago("1d")) t | search x > $("a") + $("b") '
        'and _time >= $("since", now()) and n in [ table u | search y == $("deep") ]'
    ).replace(' and n in [ table u | search y == $("deep") ]', ' | join y [ table u | search y < $("deep") * 2 ]')
    found = {item.name: item.kind for item in parameters(parse(text), Catalog())}
    assert found == {"start": "moment", "since": "moment", "deep": "number"}


def test_values_are_of_the_kind_that_the_query_asks_for(small_lake: Path) -> None:
    engine = Engine(small_lake)
    query = parse(OPEN)
    written = {"span": "1d", "name": "RunInstances", "least": "many"}
    made = values(parameters(query, engine.catalog()), written, "Asia/Seoul")
    assert made == {"span": "1d", "name": "RunInstances"}
    assert engine.execute(query, made).frame["count"].tolist() == [4]


# dashboard ------------------------------------------------------------------------------------------------------------


def test_panels_are_kept_moved_and_changed(shelf: Shelf) -> None:
    for name in "abc":
        board.change(shelf, board.added([board.new_panel(name, f"table {name}")]))
    a, _, c = board.kept(shelf)
    board.change(shelf, board.moved(c.id, -2))
    board.change(shelf, board.changed(a.id, title="A", wide=True))
    board.change(shelf, board.removed(board.kept(shelf)[2].id))
    assert [(panel.title, panel.wide) for panel in board.kept(shelf)] == [("c", False), ("A", True)]
    assert board.kept(shelf)[0].id == c.id, "a panel keeps its name where it moves"


def test_a_dashboard_travels_in_a_file(shelf: Shelf) -> None:
    made = board.new_panel("Logins", OPEN, "line", {"name": "ConsoleLogin", "token": "x"})
    text = board.written([made, made])
    board.change(shelf, board.added(board.read(text)))
    found = board.kept(shelf)
    assert [(panel.title, panel.chart, panel.values) for panel in found] == [
        ("Logins", "line", {"name": "ConsoleLogin"})
    ] * 2
    assert len({panel.id for panel in found}) == 2


def of_panel(**panel: object) -> str:
    return json.dumps({"trailboard_dashboard": 1, "panels": [panel]})


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "[]",
        "{}",
        '{"trailboard_dashboard": 2, "panels": []}',
        of_panel(title=1, query="x"),
        of_panel(title="x", query="x", values=[]),
    ],
)
def test_other_files_are_no_dashboard(shelf: Shelf, damaged: str) -> None:
    with pytest.raises(board.NotKept, match="wrong_file"):
        board.read(damaged)
    shelf.write(board.FILE, damaged)
    with pytest.raises(SourceError, match="damaged"):
        board.kept(shelf)


def test_filters_apply_where_they_mean_something() -> None:
    for text, does in {
        "table cloudtrail* | stats count": True,
        "table aws-elb_* | stats count": False,
        "table cloudtrail, aws-elb_x | stats count": False,
        'json "{}"': False,
        "table cloudtrail | join a [ table aws-elb_x ]": False,
    }.items():
        assert board.takes_filters(parse(text)) is does, text


# the pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path))
    return Folder(tmp_path)


def page(open_app: Callable[..., AppTest], file: str, **params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    app.query_params.update(params)
    app.switch_page(f"pages/explore/{file}.py").run()
    job = app.session_state["explore_desk"].job if "explore_desk" in app.session_state else None
    if job is not None:
        job.wait(30)
        app.run()
    assert not app.exception
    return app


def test_open_values_are_inputs_and_part_of_the_link(open_app: Callable[..., AppTest], home: Folder) -> None:
    app = page(open_app, "explore", **{"q": OPEN, "p.span": "1d", "p.name": "RunInstances"})
    assert [item.label for item in app.text_input] == ["span", "name"]
    assert [item.label for item in app.number_input] == ["least"]
    assert app.dataframe[0].value["count"].tolist() == [4]
    app.text_input[1].set_value("DeleteBucket").run()  # runs again by itself
    app.session_state["explore_desk"].job.wait(30)
    app.run()
    assert app.query_params["p.name"] == "DeleteBucket"
    assert app.dataframe[0].value["count"].tolist() == [1]


def test_history_outlives_the_session(open_app: Callable[..., AppTest], home: Folder) -> None:
    page(open_app, "explore", q="table duration=1d cloudtrail* | stats count")
    assert [run.text for run in history.recalled(home)] == ["table duration=1d cloudtrail* | stats count"]


def test_a_hosted_app_writes_nothing(
    open_app: Callable[..., AppTest], home: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAILBOARD_HOSTED", "1")
    app = page(open_app, "explore", q="table duration=1d cloudtrail* | stats count")
    assert history.recalled(home) == ()
    assert len(history.recalled(app.session_state["shelf"])) == 1


def test_the_dashboard_draws_each_panel_and_each_failure_apart(open_app: Callable[..., AppTest], home: Folder) -> None:
    for title, text in {
        "Events": "table duration=1h cloudtrail* | stats count by eventName",
        "Broken": "table duration=1h cloudtrail* | serch 1",
        "Requests": "table duration=1h aws-elb_*? | stats count",
    }.items():
        board.change(home, board.added([board.new_panel(title, text)]))
    app = page(open_app, "dashboard", range="7d", account="444455556666")
    words = "\n".join(item.value for kind in (app.markdown, app.code, app.caption) for item in kind)
    assert "92000: unknown command `serch`" in words
    assert "1 row" in words
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert spec["layer"]


@pytest.mark.parametrize("key", BOARD_TEXTS)
def test_texts_of_the_dashboard_are_complete(key: str) -> None:
    check(BOARD_TEXTS[key])
