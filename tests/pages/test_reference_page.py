"""The language reference: every word is explained, every example runs, and links lead to a word."""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import Engine
from engine.functions.function import aggregates, functions
from engine.geo import Geo
from engine.language.errors import SourceError
from engine.language.grammar import parse
from engine.language.nodes import commands
from engine.reference import unique
from pages.parts.reference_entries import COMMAND_TOPICS, TOPICS, Entry, entries, named, search
from pages.parts.reference_syntax import FORMS, syntax_of
from pages.parts.reference_texts import TEXTS
from pages.parts.reference_texts import TOPICS as TITLES
from tests.pages.conftest import ROOT
from tests.pages.test_app import assert_healthy, texts
from tests.pages.test_texts import HANGUL, check

PAGE = "pages/explore/reference.py"
Open = Callable[..., AppTest]
ALL = [pytest.param(entry, id=f"{entry.kind}-{entry.word}") for entry in entries()]
OF_COMMANDS = [pytest.param(entry, id=entry.word) for entry in entries() if entry.kind == "command"]
# What stands for a capital word of a form when it is read back.
SAMPLES = {
    "AGGREGATE": "count", "EXPRESSION": "a + 1", "CONDITION": '"x"', "COUNT": "3", "SKIP": "1", "PARAMETER": "p",
    "QUERY": 'json "{}"', "COMMANDS": "eval b = 1", "PATH": "/a.csv", "ENTRY": "/b.log", "PROCEDURE": "p",
    "ARGUMENT": "1", "LOOKUP": "geoip", "TABLE": "cloudtrail", "OPTION=VALUE": "",
}  # fmt: skip


@pytest.fixture
def reference(open_app: Open) -> Open:
    """Open the reference: `reference(word="stats")`."""

    def run(**params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.query_params.update({name: value for name, value in params.items() if name != "word"})
        app.run()
        app.query_params.update(params)
        app.switch_page(PAGE).run()
        assert_healthy(app)
        return app

    return run


# what it says ---------------------------------------------------------------------------------------------------------


def test_nothing_is_left_out() -> None:
    words = [*commands(), *unique_names(functions()), *unique_names(aggregates())]
    assert sorted(entry.word for entry in entries()) == sorted(words)


def unique_names(known) -> list[str]:
    return [found.name for found in unique(known.values())]


@pytest.mark.parametrize("entry", ALL)
def test_every_word_is_explained(entry: Entry) -> None:
    assert re.match(r"[A-Z`e].+[.…]$", entry.sentence)
    assert entry.syntax.startswith(entry.word)
    assert entry.example
    assert all(meaning for _, meaning in entry.options)
    parse(entry.query)


@pytest.mark.parametrize("entry", ALL)
def test_explanations_read_as_markdown(entry: Entry) -> None:
    """Outside of backquotes nothing means anything to Markdown."""
    for text in (entry.sentence, *entry.more, *(meaning for _, meaning in entry.options)):
        assert text.count("`") % 2 == 0
        plain = re.sub(r"`[^`]*`", "", text)
        assert not re.search(r"[*$<#~]|\b_|_\b|:\w+\[|\]\(", plain), plain


@pytest.fixture(scope="module")
def equipped(tmp_path_factory: pytest.TempPathFactory, small_lake: Path) -> Engine:
    """An engine that has everything the examples read."""
    folder = tmp_path_factory.mktemp("reference")
    for name in ("files/accounts", "files/events", "files/logs", "lookups", "procedures"):
        (folder / name).mkdir(parents=True)
    (folder / "files/accounts/a.csv").write_text("account,owner\n1,ana\n")
    (folder / "files/events/a.jsonl").write_text('{"a": 1}\n')
    (folder / "files/logs/app.log").write_text("2024-01-02 03:04:05 start\n")
    with zipfile.ZipFile(folder / "files/logs/archive.zip", "w") as archive:
        archive.writestr("app/one.log", "1\n")
    (folder / "procedures/usd_exchange.lpql").write_text("# usd_exchange()\n| json \"{'rate': 1400}\"")
    (folder / "lookups/accounts.csv").write_text("account,owner\n1,ana\n")
    return Engine(
        small_lake,
        timezone="Asia/Seoul",
        geo=Geo.open(),
        procedure_folder=folder / "procedures",
        lookup_folder=folder / "lookups",
        file_folder=folder / "files",
        output_folder=folder / "output",
    )


@pytest.mark.parametrize("entry", ALL)
def test_every_example_runs(entry: Entry, equipped: Engine) -> None:
    """Those that ask AWS say that this version does not."""
    if entry.topic == "aws":
        with pytest.raises(SourceError, match="asks an AWS account"):
            equipped.run(entry.query)
    else:
        frame = equipped.run(entry.query)
        assert len(frame) or entry.word in ("drop", "fulltext")


# how commands are written ---------------------------------------------------------------------------------------------


def test_every_command_has_a_form() -> None:
    assert {word for word, command in commands().items() if command.__module__.startswith("engine.commands.")} <= set(
        FORMS
    )
    assert set(FORMS) <= set(commands())


@pytest.mark.parametrize("entry", OF_COMMANDS)
@pytest.mark.parametrize("optional", [True, False])
def test_forms_are_what_the_grammar_reads(entry: Entry, optional: bool) -> None:
    letters = itertools.count()
    text = syntax_of(commands()[entry.word]).replace("'['", "⟦").replace("']'", "⟧")
    text = re.sub(r"\[([^]]*)\]", r"\1" if optional else "", text).replace(", …", "").replace("…", "")
    text = re.sub(r"OPTION=VALUE|\b[A-Z]{4,}\b", lambda m: SAMPLES.get(m.group(), f"f{next(letters)}"), text)
    text = text.replace("⟦", "[").replace("⟧", "]")
    query = parse(text if commands()[entry.word].is_source or entry.word == "set" else f'json "{{}}" | {text}')
    assert entry.word in {command.word for command in query}


# topics and search ----------------------------------------------------------------------------------------------------


def test_topics_have_titles_and_members() -> None:
    assert tuple(TITLES) == TOPICS
    assert {entry.topic for entry in entries()} == set(TOPICS)
    assert set(itertools.chain(*COMMAND_TOPICS.values())) <= set(commands())


@pytest.mark.parametrize("key", [*TEXTS, *TITLES])
def test_texts_speak_both_languages(key: str) -> None:
    text = TEXTS.get(key) or TITLES[key]
    check(text)
    assert HANGUL.search(text.ko) or key == "placeholder"


def test_a_word_comes_before_what_mentions_it() -> None:
    found = [entry.word for entry in search("sort", entries())]
    assert found[0] == "sort"
    assert len(found) > 1
    assert search("SORT", entries())[0].word == "sort"
    assert search("dcount", entries())[0].word == "dc"
    assert not search("nosuchthing", entries())


def test_one_word_may_be_two_things() -> None:
    assert {entry.kind for entry in named("array")} == {"function", "aggregate"}
    assert not named("nothing")


# page -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_it_lists_everything_by_topic(reference: Open, language: str) -> None:
    app = reference(lang=language)
    assert [title.value for title in app.subheader] == [title.to(language) for title in TITLES.values()]
    assert len(app.expander) == len(entries())
    assert not app.dataframe, "nothing runs before it is opened"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_link_shows_its_word(reference: Open, language: str) -> None:
    app = reference(word="stats", lang=language)
    assert len(app.expander) == 1
    assert app.code[0].value.startswith("stats [OPTION=VALUE …] AGGREGATE")
    assert "`parallel`" in texts(app)
    assert "a null key is a group of its own" in texts(app)
    assert app.dataframe[0].value["total"].tolist() == [4, 2]
    link = next(item.proto for item in app.get("page_link") if item.proto.label == TEXTS["try"].to(language))
    assert link.page == "explore"
    assert "stats" in link.query_string


@pytest.mark.parametrize("word", ["table", "fulltext", "csvfile", "aws-cost", "array", "$", "drop", "isnull", "dcount"])
def test_words_of_all_kinds_open(reference: Open, word: str) -> None:
    app = reference(word=word)
    assert len(app.expander) == len(named(word)) > 0
    if word == "isnull":
        assert app.dataframe[0].value["result"].tolist() == ["true"]
    if word == "csvfile":
        assert "It does not run here: " in texts(app)
    if word == "drop":
        assert TEXTS["no_rows"].en in texts(app)


def test_a_lake_of_ones_own_is_no_reason_to_ask_aws(reference: Open) -> None:
    assert TEXTS["asks_aws"].en in texts(reference(word="aws-cost"))


@pytest.mark.parametrize("word", ["nothing", "<b>x</b> [a](http://evil.example) `"])
def test_an_unknown_word_says_so(reference: Open, word: str) -> None:
    app = reference(word=word)
    assert not app.expander
    assert "There is no word" in app.info[0].value
    assert not re.search(r"[<\[(`]", app.info[0].value)


def test_searching_leaves_the_linked_word(reference: Open) -> None:
    app = reference(word="stats")
    app.text_input(key="reference_search").set_value("regular expression").run()
    assert_healthy(app)
    labels = [place.label for place in app.expander]
    assert any(label.startswith("**rex**") for label in labels)
    assert "word" not in app.query_params
    app.text_input(key="reference_search").set_value("xyzzy").run()
    assert TEXTS["nothing"].en in texts(app)


def test_linking_to_an_entry_writes_the_address(reference: Open) -> None:
    app = reference(word="dcount")
    next(button for button in app.button if button.label == TEXTS["link"].en).click().run()
    assert app.query_params["word"] in ("dc", ["dc"])
    next(button for button in app.button if button.label == TEXTS["everything"].en).click().run()
    assert len(app.expander) == len(entries())
