"""Random rows and random queries over them, for Hypothesis.

Rows have the fields n (whole), d (real), s (text), b (boolean), m (anything), l (array), o (map), and behind a first
`eval` _time (date), ip (address) and x, which holds any of them. Each may be missing or null.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from engine.language.printer import print_string

wholes = st.one_of(
    st.integers(-3, 5),
    st.sampled_from([10, 100, 200, 2**31 - 1, -(2**31), 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]),
)
reals = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, -1.0, -2.5, 0.1, 1e-3, 1e-4, 12345678.0, 1e7, 1e100, 9.999999e6, 3.25]),
    st.floats(-1000, 1000, allow_nan=False).map(lambda x: x + 0.0),
)
texts = st.one_of(
    st.sampled_from(
        ["", "a", "A", "b", "ab", "aB", "abc", "1", "2", "10", "1.5", "0x10", "-3", "null", "true", "한글", "é", " a ",
         "a*b", "a,b", "10.0.0.1", 'say "hi"', "back\\slash", "line\nbreak", "%d", "$x", "A.b"]
    ),
    st.text("aAbB1 *.한", max_size=5),
)  # fmt: skip
scalars = st.one_of(wholes, reals, texts, st.booleans())
arrays = st.one_of(
    st.lists(st.one_of(wholes, st.none()), max_size=4),
    st.lists(st.one_of(texts, st.none()), max_size=4),
    st.lists(st.one_of(scalars, st.none()), max_size=4),
    st.lists(st.lists(wholes, max_size=2), max_size=3),
)
maps = st.dictionaries(st.sampled_from(["k", "name", "a.b"]), scalars, max_size=2)
addresses = st.sampled_from(
    ["10.0.0.1", "10.0.0.2", "9.255.0.1", "192.168.0.1", "::1", "2001:DB8::a", "nothing", "1.2.3"]
)
times = st.one_of(st.integers(1_704_000_000, 1_704_400_000), st.sampled_from([0, -1, 1_709_132_400, 4_102_444_800]))


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, values, st.none())


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "n": draw(st.sampled_from([wholes, st.integers(0, 3)])), "d": reals, "s": texts, "b": st.booleans(),
        "m": draw(st.sampled_from([scalars, st.one_of(scalars, arrays, maps), st.one_of(wholes, reals)])),
        "l": arrays, "o": maps, "t": times, "a": addresses, "k": st.integers(1, 6),
    }  # fmt: skip
    found = []
    for _ in range(draw(st.integers(0, 6))):
        names = draw(st.sets(st.sampled_from(sorted(kinds)), min_size=5))
        found.append({name: draw(_maybe(kinds[name])) for name in sorted(names)})
    return found


FIRST = "eval _time = epoch(t), ip = ip(a), x = case(k == 1, ip(a), k == 2, epoch(t), k == 3, s, k == 4, l, m)"
FIELDS = ["n", "d", "s", "b", "m", "l", "o", "_time", "ip", "x", "nowhere"]
SIMPLE = ["n", "s", "b", "ip", "_time", "m", "x"]

_number = st.sampled_from(["0", "1", "2", "-1", "10", "2147483647", "2147483648", "9223372036854775807", "3"])
_real = st.sampled_from(["0.5", "1.0", "2.5", "1e3", "0.1"])
_pattern = st.sampled_from(["a", "A", "*", "a*", "*b", "*a*", "a*b", "A*B", "1*0", "10", "1", "true", "**", "a**", ""])


Text = st.SearchStrategy[str]


def _quoted(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return strategy.map(print_string)


def _call(name: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda given: f"{name}({', '.join(given)})")


def _binary(left: st.SearchStrategy[str], ops: list[str], right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(left, st.sampled_from(ops), right).map(lambda given: f"({given[0]} {given[1]} {given[2]})")


def _few(strategy: st.SearchStrategy[str], least: int = 1, most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(strategy, min_size=least, max_size=most).map(", ".join)


@dataclass(frozen=True)
class Kinds:
    """Expressions by what they give, from leaves or with smaller expressions inside."""

    whole: Text
    real: Text
    text: Text
    condition: Text
    address: Text
    date: Text
    array: Text

    @property
    def any(self) -> Text:
        return st.one_of(
            field, field, self.whole, self.real, self.text, self.condition, self.address, self.date, self.array
        )

    @property
    def number(self) -> Text:
        return st.one_of(self.whole, self.real, field)


field = st.sampled_from(FIELDS)
_small = st.sampled_from(["0", "1", "2", "5", "24", "n"])
_place = st.sampled_from(["0", "1", "2", "-1", "-2", "5", "n"])
_units = st.sampled_from(['"day"', '"hour"', '"mon"', '"sec"'])
_parts = st.sampled_from(['"year"', '"mon"', '"day"', '"hour"', '"dow"', '"epoch"', '"week"'])
_regex = _quoted(st.sampled_from(["a", "^1", "[ab]+$", "(?i)A"]))
LEAVES = Kinds(
    whole=st.one_of(st.just("n"), _number),
    real=st.one_of(st.just("d"), _real),
    text=st.one_of(st.just("s"), _quoted(texts)),
    condition=st.sampled_from(["b", "true", "false", "b"]),
    address=st.sampled_from(["ip", 'ip("10.0.0.1")']),
    date=st.sampled_from(["_time", "epoch(1704067200)"]),
    array=st.sampled_from(["l", "array(1, n)", "array(s, null, 2.5)"]),
)


def larger(k: Kinds) -> Kinds:
    """Expressions around those of `k`."""
    return Kinds(
        whole=st.one_of(
            k.whole, _binary(k.whole, ["+", "-", "*"], k.whole), _call("len", k.any), _call("indexof", k.any, k.text),
            _call("lastindexof", k.text, k.text, _number), _call("indexof", k.text, k.text, _number),
            _call("abs", k.whole), _call("mod", k.any, k.whole), _call("int", k.any), _call("long", k.any),
            _call("round", k.whole), _call("if", k.condition, k.whole, k.whole), _call("nvl", k.whole, k.whole),
            _call("ip2long", k.any), _call("datediff", k.date, k.date, _units), _call("datepart", k.any, _parts),
            k.whole.map(lambda e: f"-{e}"),
        ),
        real=st.one_of(
            k.real, _binary(k.number, ["/"], k.number), _binary(k.real, ["+", "-", "*"], k.number),
            _call("double", k.any), _call("abs", k.real), _call("round", k.real), _call("round", k.real, _number),
            _call("floor", k.real), _call("ceil", k.real), _call("sqrt", k.number), k.real.map(lambda e: f"-{e}"),
            _call("if", k.condition, k.real, k.real),
        ),
        text=st.one_of(
            k.text, _call("concat", _few(k.any)), _call("lower", k.any), _call("upper", st.just("s")),
            _call("trim", k.any), _call("left", k.any, _small), _call("right", k.any, _small),
            _call("substr", k.any, _place), _call("substr", k.any, _place, _place), _call("string", k.any),
            _call("replace", k.any, k.text, k.text), _call("lpad", k.any, _small), _call("rpad", k.any, _small, k.text),
            _call("strjoin", _quoted(texts), k.array), _call("if", k.condition, k.text, k.text),
            _call("nvl", k.text, k.text), _call("network", k.any, _small),
            _call("case", k.condition, k.text, k.condition, k.text, k.text),
        ),
        condition=st.one_of(
            k.condition, _binary(k.any, ["==", "!="], _quoted(_pattern)),
            _binary(k.any, ["==", "!=", "<", "<=", ">", ">="], k.any), _binary(field, ["==", "!=", "<", ">="], field),
            _binary(k.any, ["and", "or"], k.any), _call("not", k.condition), _call("not", k.any),
            _call("isnull", k.any), _call("isnotnull", k.any), _call("isnum", k.any), _call("isstr", k.any),
            _call("in", k.any, _few(st.one_of(_quoted(_pattern), k.any))), _call("contains", k.any, k.any),
            _call("match", k.any, _regex),
        ),
        address=st.one_of(k.address, _call("ip", st.one_of(field, k.whole))),
        date=st.one_of(k.date, _call("epoch", st.one_of(field, k.whole))),
        array=st.one_of(
            k.array, _call("array", _few(k.any)), _call("flatten", k.array), _call("split", k.text, st.just('","')),
            _call("subarray", k.array, _place), _call("subarray", k.array, _place, _place),
            st.just("unique(array(s, s))"),
            _call("foreach", st.sampled_from(["_1", "concat(_1, n)", "_1 + 1", "isnull(_1)"]), k.array),
            _call("foreach", st.sampled_from(["concat(_1, _2)", "_1 == _2"]), k.array, st.one_of(k.array, k.whole)),
        ),
    )  # fmt: skip


_kinds = larger(larger(LEAVES))
any_, number, condition, array = _kinds.any, _kinds.number, _kinds.condition, _kinds.array
_of_map = st.sampled_from(['"k"', '"name"', '"a.b"', "s"])
expression = st.one_of(
    any_, any_, _call("valueof", array, _small), _call("valueof", st.just("o"), _of_map),
    _call("valueof", st.just("x"), st.sampled_from(['"k"', "0", "1"])),
    _call("max", _few(any_, 1)), _call("min", _few(any_, 1)), _call("case", condition, any_, any_),
    _call("sumarray", array), _binary(field, ["+", "-", "*"], field), st.just('$("p")'), st.just('$("p", n)'),
)  # fmt: skip

measure = st.one_of(
    st.just("count"), _call("count", any_), _call("sum", any_), _call("avg", any_), _call("min", any_),
    _call("max", any_), _call("first", any_), _call("last", any_), _call("dc", any_), _call("values", any_),
    _call("array", any_), _call("var", number), _call("median", any_), _call("range", any_),
    _call("sum", number), _call("max", number),
    _call("percentile", any_, st.sampled_from(["0", "25", "100", "37.5"])),
    _call("percentile", any_, st.just("40"), st.sampled_from(['"lower"', '"higher"', '"midpoint"', '"nearest"'])),
)  # fmt: skip
measures = st.lists(measure, min_size=1, max_size=3).map(
    lambda found: ", ".join(f"{call} as v{at}" for at, call in enumerate(found))
)
_keys = st.lists(st.sampled_from(SIMPLE), min_size=1, max_size=2, unique=True).map(", ".join)
_by = _keys.map(lambda keys: f" by {keys}")
_sort_keys = st.lists(st.tuples(st.sampled_from(["", "-", "+"]), st.sampled_from(FIELDS)), min_size=1, max_size=2).map(
    lambda keys: ", ".join(f"{sign}{name}" for sign, name in keys)
)
_assigned = st.sampled_from(["v", "w", "n", "s", "m"])


def _words(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


_optional_limit = st.sampled_from(["", "", "limit=1 ", "limit=3 "])
single_row = st.one_of(
    _words("search ", condition),
    _words("search ", expression),
    _words("eval ", st.lists(st.tuples(_assigned, expression), min_size=1, max_size=3).map(
        lambda found: ", ".join(f"{name} = {value}" for name, value in found))),
    _words("rename ", st.sampled_from(["n as v", "s as n, n as w", "m as x", "x as m, m as s", "nowhere as n"])),
    _words("fields ", _few(field)),
    _words("fields - ", _few(field)),
    _words("explode ", st.sampled_from(["l", "m", "x", "n", "nowhere"])),
    st.sampled_from(["bypass", "repeat count=2", "order s"]),
)  # fmt: skip


@st.composite
def _subquery(draw: st.DrawFn) -> str:
    return f"[ {source(draw(rows()))}{draw(st.one_of(st.just(''), single_row.map(' | '.__add__)))} ]"


_spans = st.sampled_from(
    ["", "span=1h ", "span=7h ", "span=1w ", "span=1d offset=8h ", "span=2mon ", "span=1y ", "span=90m offset=10m "]
)
_join_types = st.sampled_from(
    ["", "type=left ", "type=right ", "type=full ", "type=leftonly ", "type=rightonly ", "type=inner "]
)
_evalc = _words("evalc p = ", st.sampled_from(["n", "s", 'if(n > $("p", 0), n, $("p"))', "ip", "m", 'nvl(n, $("p"))']))
command = st.one_of(
    single_row, single_row,
    _words("search ", _optional_limit, condition),
    _words("sort ", _optional_limit, _sort_keys),
    _words("sort ", _optional_limit, _sort_keys, _by),
    st.sampled_from(["limit 2", "limit 1 2", "limit 0", "drop", "prev n", "prev s, x", "search limit=2"]),
    _evalc,
    _words("stats ", measures, st.one_of(st.just(""), _by)),
    _words("timechart ", _spans, measures, st.sampled_from(["", "", " by s", " by n", " by x", " by ip"])),
    _words("pivot ", measures, st.one_of(st.just(""), _by), st.sampled_from(["", " for s", " for n", " for b"])),
    _words(st.sampled_from(["rollup ", "rollup label=all ", "cube ", "cube label=all "]), measures, _by),
    _words("boxplot ", any_, st.one_of(st.just(""), _by)),
    _words("union ", _subquery()),
    _words("join ", _join_types, _keys, " ", _subquery()),
    _words("join type=cross ", _subquery()),
    _words("serial [ ", single_row, " | ", single_row, " ]"),
    _words("serial [ ", _evalc, " | ", single_row, ' | eval q = $("p") ]'),
)  # fmt: skip


def source(found: list[dict[str, Any]]) -> str:
    written = json.dumps(found, ensure_ascii=False).replace("\\", "\\\\").replace('"', '\\"')
    return f'json "{written}" | {FIRST}'


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A whole query: rows in its text, and one to four commands."""
    steps = draw(st.lists(command, min_size=1, max_size=4))
    start = draw(st.sampled_from(["", "", "", "set p = 2 | ", 'set p = "a" | ']))
    return f"{start}{source(draw(rows()))} | {' | '.join(steps)}"
