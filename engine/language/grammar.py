"""The grammar: pipelines of commands, their options, and `parse`.

A command declares its `syntax` from the pieces that are gathered here.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache

import pyparsing as pp

from engine.language.errors import QueryError, Span, did_you_mean
from engine.language.expression import (
    call_expression,
    dangling_operator,
    expression,
    expression_list,
    named_by,
    required_expression,
)
from engine.language.nodes import Command, Expr, OptionValue, Query, commands, read_option
from engine.language.pieces import (
    ESCAPES,
    Put,
    fail,
    is_bare_name,
    keyword,
    must,
    name,
    put,
    refuse_leftover,
    several,
    skip_blanks,
    spanned,
    string,
)

__all__ = [
    "call_expression",
    "dangling_operator",
    "expression",
    "fail",
    "is_bare_name",
    "keyword",
    "must",
    "name",
    "named_by",
    "parse",
    "parse_expression",
    "put",
    "read_options",
    "required_expression",
    "several",
    "spanned",
    "string",
    "subquery",
]


class _Pipeline(pp.Token):
    """Commands with `|` between, up to the end of the text or the `]` that closes a sub-query."""

    def __init__(self) -> None:
        super().__init__()
        self.mayReturnEmpty = True
        self.set_name("a query")

    def parseImpl(self, instring: str, loc: int, do_actions: bool = True) -> tuple[int, list[Query]]:  # noqa: N802
        found: list[Command] = []
        start = loc = skip_blanks(instring, loc)
        while True:
            loc = skip_blanks(instring, loc)
            if instring[loc : loc + 1] in ("", "|", "]"):
                raise _nothing_here(instring, loc, first=loc == start)
            if re.compile(r"#\s").match(instring, loc) or instring[loc:] == "#":
                loc = _skip_comment(instring, loc)
            else:
                loc, command = _command(instring, loc)
                found.append(command)
            loc = skip_blanks(instring, loc)
            if instring[loc : loc + 1] not in ("|", "\u01c0", "\u05c0", "\u2223", "\u2758"):
                break
            loc += 1
            if loc == len(instring):  # a final `|` with nothing at all behind it is let pass
                break
        return loc, [Query(tuple(found), instring)]


def _nothing_here(text: str, loc: int, first: bool) -> QueryError:
    if first and loc >= len(text):
        return QueryError("90003", "the query is empty", Span(loc, loc + 1))
    if text[loc : loc + 1] == "]" and first:
        return QueryError("90003", "the sub-query is empty", Span(loc, loc + 1))
    return QueryError(
        "90003", "there is no command between the pipes", Span(max(0, loc - 1), loc + 1), "remove one `|`"
    )


def _skip_comment(text: str, loc: int) -> int:
    """Where a comment ends: at the next `|` outside square brackets. Quotes inside it mean nothing."""
    depth = 0
    while loc < len(text):
        char = text[loc]
        if char == "[":
            depth += 1
        elif char == "]":
            if depth == 0:
                break
            depth -= 1
        elif char == "|" and depth == 0:
            break
        loc += 1
    return loc


_COMMAND_NAME = re.compile(r"[^\s|\[\]()\"=,]+")


def _command(text: str, loc: int) -> tuple[int, Command]:
    match = _COMMAND_NAME.match(text, loc)
    if match is None:
        raise QueryError("92000", f"a command cannot begin with `{text[loc]}`", Span(loc, loc + 1))
    kind = commands().get(match.group())
    if kind is None:
        raise _unknown_command(match)
    place, options = read_options(kind, text, match.end())
    try:
        end, tokens = kind.syntax._parse(text, place, True)
    except pp.ParseBaseException as problem:
        where = skip_blanks(text, problem.loc)
        raise QueryError("90200", f"`{kind.word}` cannot be read from here on", Span(where, where + 1)) from None
    refuse_leftover(text, end)
    values = {found.field: found.value for found in tokens if isinstance(found, Put)}
    return end, kind(span=Span(loc, end), options=options, **values)


def _unknown_command(match: re.Match[str]) -> QueryError:
    word, span = match.group(), Span(match.start(), match.end())
    from_elsewhere = _reason_of_absence(word)
    if from_elsewhere is not None:
        return QueryError("92000", f"`{word}` is not part of Trailboard: {from_elsewhere}", span)
    hint = "a comment has a blank behind its `#`" if word.startswith("#") else did_you_mean(word, commands())
    return QueryError("92000", f"unknown command `{word}`", span, hint)


#: Commands of the full product that have no meaning in a tool for AWS logs, by what they would need.
_ELSEWHERE = {
    "it changes stored rows, and queries here only read": """
        import insert mv purge copytable checktable""",
    "keep the facts in a CSV file and use `lookup`": "memlookup",
    "write `join`": "streamjoin",
    "all processors are used without it": "parallel",
    "it writes text; `outputcsv` and `outputjson` write files": "outputtxt",
    "it needs a collector that Trailboard does not run": """
        logger stream remote evtctxadd evtctxdel evtctxdrop evtctxlist transaction""",
    "results are not kept by number: save the query instead": "load result",
    "it needs a database connection": "dbcall dbload dblookup dboutput dbquery dbscript",
    "it sends data elsewhere or fetches it from there": """
        sendmail sendsyslog sendsyslog-tcp ftp sftp hdfs wget rss nslookup""",
    "it reads kinds of files that no AWS log comes in": "xmlfile pcapfile eml-file evtx-file",
    "it reads network packets": """
        decodedhcp decodedns decodehttp decodesflow pcapdecode pcapreplay outputpcap flowsearch""",
    "it runs programs": "groovy exec script",
    "models and forecasts do not exist here": "anomalies curvefit forecast kmeans lof rforest stl tfidf",
    "it needs objects of the full product that do not exist here": """
        alertmsg auditmsg alert event schema sonar-set-ip-address iplookup dataset matchfeed node-feed behavior
        matchbehavior node-behavior matchblackip node-ip-blacklist matchnet node-subnet-group matchport node-port-group
        matchsig node-pattern-group sonar-export-report sonar-send-report mpsearch geocode_kr ratelimit""",
    "it reads traces on a computer's disk, and Trailboard reads AWS": """
        automatic-destinations-file custom-destinations-file hive-file lnk-file ntfs-logfile ntfs-mft ntfs-usnjrnl
        prefetch-file recent-file-cache timeline-activities wer-file wmi-objects-data zipfile-entries esedb-columns
        esedb-records esedb-tables sqlite-records sqlite-tables""",
    "it is about the product's own servers": """
        confdb system system-logs logdb system-syslog-tcp-senders sentryswap""",
    "it was a command of older products": "replace term datasource split",
}
#: The same for families of commands, by how their names begin.
_ELSEWHERE_FAMILIES = {
    "reg-": "it reads traces on a computer's disk, and Trailboard reads AWS",
    "srum-": "it reads traces on a computer's disk, and Trailboard reads AWS",
    "linux-": "it asks a computer, and Trailboard reads AWS",
    "chrome-": "it reads what a browser left on a disk, and Trailboard reads AWS",
    "firefox-": "it reads what a browser left on a disk, and Trailboard reads AWS",
    "ie-": "it reads what a browser left on a disk, and Trailboard reads AWS",
    "sentry-": "it asks agents that Trailboard does not have",
}


@lru_cache(maxsize=1)
def elsewhere() -> dict[str, str]:
    """Commands of the full product that do not exist here, and why."""
    return {word: reason for reason, words in _ELSEWHERE.items() for word in words.split()}


def _reason_of_absence(word: str) -> str | None:
    family = next((start for start in _ELSEWHERE_FAMILIES if word.startswith(start)), "")
    return elsewhere().get(word) or _ELSEWHERE_FAMILIES.get(family)


_OPTION_HEAD = re.compile(r"([A-Za-z_][\w-]*)(\s*)=(?!=)(\s*)")
_KEYED_HEAD = re.compile(r"([A-Za-z_][\w-]*\.[^\s=\"|\[\],]+)(\s*)=(?!=)(\s*)")  # tags have names of many characters
_OPTION_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_OPTION_PLAIN = re.compile(r"[^\s|\]]*")


def read_options(kind: type[Command], text: str, loc: int) -> tuple[int, tuple[OptionValue, ...]]:
    """The `name=value` settings from a place on, and where they end: right behind a command's name, mostly."""
    if not kind.takes:
        return loc, ()
    found: list[OptionValue] = []
    while True:
        start = skip_blanks(text, loc)
        head = _OPTION_HEAD.match(text, start)
        if head is None and any(option.keyed for option in kind.takes):
            head = _KEYED_HEAD.match(text, start)
        if head is None:
            return loc, tuple(found)
        _check_option_head(kind, head)
        loc, setting = _option_value(head, text)
        if isinstance(setting.value, str):
            read_option(kind, setting)
        found.append(setting)


def _check_option_head(kind: type[Command], head: re.Match[str]) -> None:
    known = [option.name for option in kind.takes]
    span = Span(head.start(1), head.end(1))
    declared = next((option for option in kind.takes if option.is_named(head.group(1))), None)
    if head.group(1) in kind.refuses:
        raise QueryError("90001", f"`{kind.word}` has no `{head.group(1)}` here: {kind.refuses[head.group(1)]}", span)
    if declared is None:
        hint = did_you_mean(head.group(1), known) or ("equality is written `==`" if head.group(2) else None)
        raise QueryError("90001", f"`{kind.word}` has no option `{head.group(1)}{head.group(2)}`", span, hint)
    if head.group(3) and declared.missing:
        raise QueryError(declared.missing, f"the value of `{head.group(1)}` is missing", Span(head.start(), head.end()))
    if head.group(2) or head.group(3):
        raise QueryError("90000", f"no blanks around the `=` of `{head.group(1)}`", Span(head.start(), head.end()))


def _option_value(head: re.Match[str], text: str) -> tuple[int, OptionValue]:
    start, name_ = head.end(), head.group(1)
    if text.startswith("$(", start):
        end, tokens = call_expression._parse(text, start, True)
        return end, OptionValue(name_, tokens[0], span=Span(head.start(), end))
    if text[start : start + 1] == '"':
        quoted = _OPTION_QUOTED.match(text, start)
        if quoted is None:
            raise QueryError("90002", f"the quoted value of `{name_}` is never closed", Span(start, start + 1))
        value = re.sub(r'\\([\\"ntr])', lambda m: ESCAPES[m.group(1)], quoted.group(1))
        return quoted.end(), OptionValue(name_, value, span=Span(head.start(), quoted.end()))
    plain = _OPTION_PLAIN.match(text, start)
    assert plain is not None
    return plain.end(), OptionValue(name_, plain.group(), span=Span(head.start(), plain.end()))


pipeline = _Pipeline()
#: `[ query ]`
subquery = pp.Suppress("[") + pipeline + must(pp.Suppress("]"), "90204", "a `[` is never closed", "add a closing `]`")


# pyparsing finds out at its first use how many arguments a parse action takes, and two threads confuse it.
_ONE_AT_A_TIME = threading.RLock()


@lru_cache(maxsize=512)
def _parsed(text: str) -> Query:
    with _ONE_AT_A_TIME:
        loc, tokens = pipeline._parse(text, 0, True)
    loc = skip_blanks(text, loc)
    if loc < len(text):
        raise QueryError(
            "90204", "this `]` closes nothing", Span(loc, loc + 1), "remove it, or add the `[` it belongs to"
        )
    query: Query = tokens[0]
    if not query.commands:
        raise QueryError("90003", "the query holds nothing but comments", Span(0, len(text)))
    return query


def parse(text: str) -> Query:
    """Read a query. Raises QueryError with the language's code and the place of the mistake.

    >>> [command.word for command in parse('json "{}" | eval a = 1 + 2')]
    ['json', 'eval']
    """
    try:
        return _parsed(text)
    except QueryError as problem:
        raise problem.in_text(text) from None
    except RecursionError:
        raise QueryError("90200", "the query is nested too deeply", Span(0, 1)).in_text(text) from None


def parse_expression(text: str) -> Expr:
    """Read one expression, a bare comma list included.

    >>> parse_expression("a + 1").op
    '+'
    """
    try:
        with _ONE_AT_A_TIME:
            loc, tokens = expression_list._parse(text, 0, True)
        refuse_leftover(text, loc)
        return tokens[0]  # type: ignore[no-any-return]
    except QueryError as problem:
        raise problem.in_text(text) from None
