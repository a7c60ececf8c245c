"""How each command is written: the text behind its name and options, for a reader.

The grammar proper is the `syntax` of the command; a test fills these forms in and has it read them, with every optional
part and with none.
"""

from __future__ import annotations

from engine.language.nodes import Command

OPTIONS = "[OPTION=VALUE …]"
# `[…]` may be left out, `…` repeats what stands before it, `'['` is a bracket of the query itself.
FORMS = {
    "boxplot": "EXPRESSION [by FIELD, …]",
    "bypass": "",
    "csvfile": "PATH",
    "cube": "AGGREGATE [as FIELD], … [by FIELD, …]",
    "drop": "",
    "eval": "FIELD = EXPRESSION, …",
    "evalc": "PARAMETER = EXPRESSION",
    "explode": "FIELD",
    "fields": "[-] FIELD, …",
    "fulltext": "CONDITION [from TABLE, …]",
    "join": "[FIELD, …] '[' QUERY ']'",
    "json": '"JSON"',
    "jsonfile": "PATH",
    "limit": "[SKIP] COUNT",
    "lookup": "LOOKUP FIELD output COLUMN [as FIELD], …",
    "lookuptable": "LOOKUP [COLUMN, …]",
    "order": "FIELD, …",
    "outputcsv": "PATH FIELD, …",
    "outputjson": "PATH [FIELD, …]",
    "parse": '"START*STOP" as FIELD, …',
    "parsecsv": "[FIELD, …]",
    "parsejson": "",
    "parsekv": "",
    "parsemap": "",
    "parsexml": "",
    "pivot": "AGGREGATE [as FIELD], … [by FIELD, …] [for FIELD, …]",
    "prev": "FIELD, …",
    "proc": "PROCEDURE(ARGUMENT, …)",
    "rename": "FIELD as FIELD, …",
    "repeat": "",
    "rex": '"REGEX"',
    "rollup": "AGGREGATE [as FIELD], … [by FIELD, …]",
    "search": "[EXPRESSION]",
    "serial": "'[' COMMANDS ']'",
    "set": "PARAMETER = EXPRESSION",
    "setq": "'[' QUERY ']'",
    "signature": "",
    "sort": "[-]FIELD, … [by FIELD, …]",
    "stats": "AGGREGATE [as FIELD], … [by FIELD, …]",
    "table": "TABLE, …",
    "textfile": "PATH",
    "timechart": "AGGREGATE [as FIELD], … [by FIELD]",
    "tojson": "[FIELD, …]",
    "union": "'[' QUERY ']'",
    "zipfile": "PATH ENTRY",
    "aws-cost": "METRIC, … [by DIMENSION, …]",
    "aws-cost-forecast": "[METRIC]",
}


def syntax_of(command: type[Command]) -> str:
    """A command as one writes it.

    >>> from engine.language.nodes import commands
    >>> syntax_of(commands()["sort"])
    'sort [OPTION=VALUE …] [-]FIELD, … [by FIELD, …]'
    >>> syntax_of(commands()["drop"])
    'drop'
    """
    pieces = [command.word, OPTIONS if command.takes else "", FORMS.get(command.word, "")]
    return " ".join(filter(None, pieces))
