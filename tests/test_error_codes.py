"""Every error code of the language: a query that gets it, the piece of text that its caret marks, words of its message.

`SPECIFIED` are the codes of the specification's tables; `ABSENT` says of some why no query can get them here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import Engine
from engine.catalog import DATE, LONG, Catalog, Field, Scan, Table
from engine.language.errors import QueryError

ONE = 'json "{}" | '
# code, query (`…` stands for one row), marked text, words of the message
MISTAKES = [
    ("92000", "… serch a == 1", "serch", "unknown command"),
    ("92000", "… import t", "import", "queries here only read"),
    ("92000", "… reg-shellbags", "reg-shellbags", "Trailboard reads AWS"),
    ("92000", "… #x", "#x", "unknown command"),
    ("90000", "… search limit =3 a", "limit =", "no blanks around the `=`"),
    ("90001", "… sort limt=3 a", "limt", "has no option `limt`"),
    ("90002", '… search limit="3', '"', "never closed"),
    ("90003", "… | drop", " |", "no command between the pipes"),
    ("90003", "", "", "the query is empty"),
    ("90003", "… union [ ]", "]", "the sub-query is empty"),
    ("90005", 'csvfile "a.csv', '"', "never closed"),
    ("90100", "… search a ==", "==", "`==` lacks its operand"),
    ("90100", "… eval a = ", "", "an expression is missing"),
    ("90200", "… table t1", "table t1", "can only begin a pipeline"),
    ("90201", "… search a b", "b", "does not belong here"),
    ("90202", "… search a)", ")", "closes nothing"),
    ("90202", "… search (a", "", "never closed"),
    ("90203", '… search a == "x', '"', "never closed"),
    ("90204", '… join a [ json "{}"', "", "never closed"),
    ("90204", "… drop ]", "]", "closes nothing"),
    ("90205", '… search a == "\\d"', "\\d", "invalid escape"),
    ("90500", "… timechart span=5mon count", "span=5mon", "does not divide a year"),
    ("90501", "… timechart span=2y count", "span=2y", "can only be `1y`"),
    ("90502", "… timechart span=1q count", "span=1q", "unknown time unit"),
    ("90900", "… search nope(a)", "nope", "unknown function"),
    ("90900", '… search evtctxget("t", "k", "rows")', 'evtctxget("t", "k", "rows")', "needs the full product"),
    ("99000", "… eval a = if(b, 1)", "if(b, 1)", "the argument `otherwise` is missing"),
    # sources
    ("10200", "json {}", "{}", "text in double quotes"),
    ("10201", 'json "1"', 'json "1"', "neither an object nor an array"),
    ("10202", 'json "[1"', 'json "[1"', "cannot be read"),
    ("10400", "set a 3", "3", "`=` is expected"),
    ("10401", "set = 3", "=", "name of a parameter"),
    ("10402", "set a =", "", "the value is missing"),
    ("10600", "table", "", "needs the name of a table"),
    ("10601", "table offset=-1 t1", "offset=-1", "negative"),
    ("10602", "table limit=-1 t1", "limit=-1", "negative"),
    ("10603", "table from=2024x t1", "from=2024x", "is not a time"),
    ("10604", "table to=20241 t1", "to=20241", "is not a time"),
    ("10605", "table t3", "t3", "there is no table `t3`"),
    ("10607", "table order=up t1", "order=up", "`asc` or `desc`"),
    ("10608", "table duration=1d from=2024 t1", "duration=1d", "exclude each other"),
    ("10700", "textfile a.log", "textfile a.log", "there is no file"),
    ("10701", "textfile logs/*.log", "textfile logs/*.log", "there is no folder"),
    ("10702", "textfile", "", "needs the path"),
    ("10800", "csvfile a.csv", "csvfile a.csv", "there is no file"),
    ("10801", "csvfile csv/*.csv", "csvfile csv/*.csv", "there is no folder"),
    ("10802", "csvfile", "", "needs the path"),
    ("10900", "jsonfile a.json", "jsonfile a.json", "there is no file"),
    ("10901", "jsonfile json/*", "jsonfile json/*", "there is no folder"),
    ("10902", "jsonfile", "", "needs the path"),
    ("11000", "proc nope()", "nope()", "there is no procedure"),
    ("11001", "proc over(1.1)", "1.1", "int"),
    ("11003", "proc over(1, 2)", "over(1, 2)", "argument"),
    # commands
    ("20000", "… boxplot a by b,", "", "behind the comma"),
    ("20001", "… boxplot", "", "needs an expression"),
    ("20100", "… eval a", "a", "needs an assignment"),
    ("20101", "… eval lower(a) = 1", "lower(a)", "is no field"),
    ("20200", "… evalc a 3", "3", "`=` is expected"),
    ("20201", "… evalc = 3", "=", "name of a parameter"),
    ("20202", "… evalc a =", "", "the value is missing"),
    ("20300", "… explode", "", "needs a field"),
    ("20400", "… fields", "", "needs field names"),
    ("20400", "… fields a,", "", "behind the comma"),
    ("20600", "… limit 1 2 3", "3", "one or two numbers"),
    ("20601", "… limit x", "x", "not a number of rows"),
    ("20700", "… lookup geoip a", "", "`output` is expected"),
    ("20701", "… lookup nope a output b", "lookup nope a output b", "there is no lookup table"),
    ("20702", "… lookup geoip a output country,", "", "behind the comma"),
    ("20703", "… lookup geoip a output country c", "c", "`as` is expected"),
    ("20703", "… lookup geoip a b output country", "b", "`as` is expected"),
    ("20800", "… rename a as b,", "", "needs a field"),
    ("20801", "… rename a as", "", "new name is missing"),
    ("20802", "… rename a b", "b", "`as` is expected"),
    ("20900", '… rex "a"', 'rex "a"', "needs the field"),
    ("20901", "… rex field=a x", "x", "double quotes"),
    ("21000", "… parse", "", "needs an anchor"),
    ("21001", "… parse nope", "nope", "there is no parser"),
    ("21003", '… parse "a*b"', "", "`as` is expected"),
    ("21004", '… parse "*b" as c', '"*b" as c', "one `*`"),
    ("21004", "… parse a*b as c", "a*b", "in double quotes"),
    ("21005", '… parse "a*b" as "c"', '"', "without quotes"),
    ("21600", "… sort", "", "needs a field"),
    ("21601", "… sort a by b,", "", "behind the comma"),
    ("21602", "… sort limit=0 a", "limit=0", "at least 1"),
    ("21700", "… stats", "", "needs an aggregate"),
    ("21701", "… stats count by a,", "", "behind the comma"),
    ("21702", "… stats nope(a)", "nope", "unknown aggregate"),
    ("21703", "… stats sum()", "sum()", "the argument `value` is missing"),
    ("21800", "… timechart", "", "needs an aggregate"),
    ("22100", "… parsemap", "parsemap", "needs the field that holds the map"),
    ("22300", "… tojson a,", "", "behind the comma"),
    ("30200", "… outputcsv a.csv b,", "", "behind the comma"),
    ("30201", "… outputcsv a{now:yyyy}.csv b", "outputcsv a{now:yyyy}.csv b", "needs `partition=t`"),
    ("30202", "… outputcsv a.csv", "", "needs the fields"),
    ("30203", "… outputcsv there.csv b", "outputcsv there.csv b", "exists already"),
    ("30204", "… outputcsv encoding=x a.csv b", "encoding=x", "unknown character set"),
    ("30205", "… outputjson append=t overwrite=t a", "outputjson append=t overwrite=t a", "exclude each other"),
    # functions
    ("90600", "… eval v = abs(1, 2)", "abs(1, 2)", "got 2 arguments"),
    ("90610", "… eval v = $()", "$()", "`name` is missing"),
    ("90611", "… eval v = $(null)", "$(null)", "cannot be null"),
    ("90620", '… eval v = dateadd(now(), "day")', 'dateadd(now(), "day")', "`amount` is missing"),
    ("90621", '… eval v = dateadd(now(), "days", 1)', 'dateadd(now(), "days", 1)', "unknown unit"),
    ("90622", '… eval v = dateadd(now(), "day", 1.5)', 'dateadd(now(), "day", 1.5)', "whole number"),
    ("90630", "… eval v = datediff(now(), now())", "datediff(now(), now())", "`unit` is missing"),
    ("90631", '… eval v = datediff(now(), now(), "x")', 'datediff(now(), now(), "x")', "unknown unit"),
    ("90640", "… eval v = datetrunc(now())", "datetrunc(now())", "`span` is missing"),
    ("90650", '… eval v = decrypt("AES", a)', 'decrypt("AES", a)', "`data` is missing"),
    ("90651", '… eval v = decrypt("ROT13", a, b)', 'decrypt("ROT13", a, b)', "cipher `ROT13`"),
    ("90660", '… eval v = encrypt("AES", a)', 'encrypt("AES", a)', "`data` is missing"),
    ("90661", '… eval v = encrypt("ROT13", a, b)', 'encrypt("ROT13", a, b)', "cipher `ROT13`"),
    ("90670", "… eval v = field()", "field()", "`name` is missing"),
    ("90680", "… eval v = frombase64()", "frombase64()", "`text` is missing"),
    ("90690", "… eval v = hash()", "hash()", "`algorithm` is missing"),
    ("90691", '… eval v = hash("md5")', 'hash("md5")', "`data` is missing"),
    ("90692", '… eval v = hash("md6", a)', 'hash("md6", a)', "unknown digest"),
    ("90720", "… eval v = left(a, -1)", "left(a, -1)", "cannot be negative"),
    ("90721", "… eval v = right(a, -1)", "right(a, -1)", "cannot be negative"),
    ("90750", "… eval v = rand(1.5)", "rand(1.5)", "whole number"),
    ("90751", "… eval v = rand(0)", "rand(0)", "greater than 0"),
    ("90760", "… eval v = randbytes(a)", "a", "must be a constant"),
    ("90761", "… eval v = randbytes(0)", "randbytes(0)", "from 1 to 10240"),
    ("90771", "… eval v = split(a, b)", "b", "must be a constant"),
    ("90772", '… eval v = split(a, "")', 'split(a, "")', "cannot be empty"),
    ("90780", '… eval v = strjoin(",", a, b)', 'strjoin(",", a, b)', "got 3 arguments"),
    ("90781", "… eval v = strjoin(a, b)", "a", "must be a constant"),
    ("90811", '… eval v = binary(a, "x")', 'binary(a, "x")', "unknown character set"),
    ("90820", '… eval v = date(a, "yyyyQ")', 'date(a, "yyyyQ")', "Q"),
    ("90830", "… eval v = int(a, 16)", "int(a, 16)", "base 10"),
    ("90840", "… eval v = long(a, 16)", "long(a, 16)", "base 10"),
    ("90850", '… eval v = urldecode(a, "x")', 'urldecode(a, "x")', "unknown character set"),
    ("90870", "… stats values()", "values()", "`value` is missing"),
    ("90880", "… eval v = datepart(a)", "datepart(a)", "`part` is missing"),
    ("90881", '… eval v = datepart(a, "x")', 'datepart(a, "x")', "x"),
    ("91010", "… stats count(a, b)", "count(a, b)", "got 2 arguments"),
    ("91020", "… stats first()", "first()", "`value` is missing"),
    ("91020", "… stats percentile(a, 101)", "percentile(a, 101)", "from 0 to 100"),
    ("91030", "… eval v = format(a, 1)", "a", "must be a constant"),
    ("91050", "… stats estdc(a, 3)", "estdc(a, 3)", "from 4 to 24"),
]  # fmt: skip

#: The tables of the specification: of commands, and of functions.
_TABLES = """
92000 90000 90001 90002 90005 90003 90100 90201 90202 90203 90204 90205 90400 90500 90501 90502 90900 99000
10200 10201 10202 10400 10401 10402 10600 10601 10602 10603 10604 10605 10606 10607 10608 10700 10701 10702 10800 10801
10802 10900 10901 10902 11000 11001 11002 11003 11004 11200 11201 11202 11300 11301 11302 11500 20000 20001 20100 20101
20200 20201 20202 20300 20400 20600 20601 20700 20701 20702 20703 20800 20801 20802 20900 20901 21000 21001 21002 21003
21004 21005 21600 21601 21602 21700 21701 21702 21703 21800 22000 22001 22002 22003 22004 22005 22100 22300 30100 30101
30200 30201 30202 30203 30204 30205 30500 30501 30502
90101 90200 90600 90610 90611 90620 90621 90622 90630 90631 90640 90650 90651 90660 90661 90670 90680 90690 90691 90692
90720 90721 90750 90751 90760 90761 90771 90772 90780 90781 90811 90820 90830 90840 90850 90870 90880 90881 90901 90902
91010 91020 91030 91050
"""
SPECIFIED = _TABLES.split()

#: Codes that no query can get here, and why.
ABSENT = {
    "10606": "all tables of a lake may be read by whoever may read the lake",
    "11002": "procedures are files; they have no owner who could be gone",
    "11004": "procedures are files; nobody needs a grant",
    "11200": "`load` does not exist: 92000", "11201": "as 11200", "11202": "as 11200",
    "11300": "`logger` does not exist: 92000", "11301": "as 11300", "11302": "as 11300",
    "11500": "`result` does not exist: 92000",
    "21002": "there are no registered parsers that could fail to start: 21001",
    "22000": "`memlookup` does not exist: 92000", "22001": "as 22000", "22002": "as 22000", "22003": "as 22000",
    "22004": "as 22000", "22005": "as 22000",
    "30100": "`import` does not exist: 92000", "30101": "as 30100",
    "30500": "`mv` does not exist: 92000", "30501": "as 30500", "30502": "as 30500",
    "90101": "every operator that the grammar reads is supported",
    "90400": "the same mistake as 90205, which is what all texts in quotes get",
    "90901": "functions are made when the program starts, not by a query",
    "90902": "as 90901",
}  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("codes")
    for name in ("files", "output", "procedures"):
        (folder / name).mkdir()
    (folder / "output" / "there.csv").write_text("")
    (folder / "procedures" / "over.lpql").write_text('# over(n int)\n| json "{}"')
    fields = (Field("_time", DATE, "time"), Field("_id", LONG, "id"))
    return Engine(
        tables=Catalog((Table("t1", fields, "no rows", lambda start, end: Scan((), 0, 0)),)),
        file_folder=folder / "files",
        output_folder=folder / "output",
        procedure_folder=folder / "procedures",
    )


@pytest.mark.parametrize(
    ("code", "written", "marked", "words"), MISTAKES, ids=[f"{item[0]} {item[1]}" for item in MISTAKES]
)
def test_mistake(engine: Engine, code: str, written: str, marked: str, words: str | None) -> None:
    query = written.replace("… ", ONE)
    with pytest.raises(QueryError) as caught:
        engine.run(query)
    problem = caught.value
    assert problem.code == code, str(problem)
    assert words is None or words in problem.message
    assert problem.span is not None
    assert problem.span.start <= len(query)
    if words is not None:
        assert query[problem.span.start : problem.span.end].strip() == marked.strip()
    shown = str(problem).splitlines()
    assert shown[0] == f"{code}: {problem.message}"
    assert "^" in shown[-1]


def test_every_code_has_a_query_or_a_reason() -> None:
    reached = {item[0] for item in MISTAKES}
    assert sorted(set(SPECIFIED) - reached - ABSENT.keys()) == []
    assert sorted(reached & ABSENT.keys()) == []


def test_every_code_that_the_engine_knows_is_specified() -> None:
    """A code in the engine's text that no table has would be one of our own."""
    source = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[1] / "engine").rglob("*.py"))
    written = set(re.findall(r'"((?:[1239]\d{4} ?)+)"', source))
    codes = {code for words in written for code in words.split()}
    assert sorted(codes - set(SPECIFIED)) == []
