"""Date patterns in the letters of Java's SimpleDateFormat (`yyyy-MM-dd HH:mm:ss`), as SQL that writes and reads.

Reading is lenient: a number out of range rolls over, text behind the pattern is ignored, absent parts are those of
1970-01-01 00:00:00. So text goes through a regular expression and arithmetic; texts that fit plainly, which is nearly
all of them, take the ten times faster `try_strptime`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine import sql
from engine.language.errors import QueryError

_LETTERS = "GyMwWDdFEuaHkKhmsSzZX"
_NAMED = "EaG"  # letters whose text depends on the language, besides MMM

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_KOREAN_DAYS = "일월화수목금토"


@dataclass(frozen=True)
class Letters:
    """A run of one pattern letter."""

    letter: str
    count: int

    @property
    def is_month_name(self) -> bool:
        return self.letter == "M" and self.count >= 3


@dataclass(frozen=True)
class Zone:
    """Where clocks are read: a named zone, or a fixed number of seconds east of UTC."""

    name: str
    offset: int | None = None

    def local(self, instant: str) -> str:
        """SQL for what the clock shows, a TIMESTAMP, of a TIMESTAMPTZ."""
        if self.offset is None:
            return f"timezone({sql.text(self.name)}, {instant})"
        return f"make_timestamp(epoch_us({instant}){_plus(self.offset)})"

    def instant(self, local_micros: str) -> str:
        """SQL for the TIMESTAMPTZ at which the clock shows so many microseconds after 1970-01-01 00:00."""
        if self.offset is None:
            return f"timezone({sql.text(self.name)}, make_timestamp({local_micros}))"
        return f"make_timestamptz({local_micros}{_plus(-self.offset)})"


def _plus(seconds: int) -> str:
    return f" + {seconds * 1_000_000}" if seconds else ""


def zone_of(name: str) -> Zone | None:
    """The zone that a name or an offset means, null when it means none.

    >>> zone_of("GMT+0930").offset, zone_of("KST").offset, zone_of("Asia/Seoul").offset, zone_of("ko")
    (34200, 32400, None, None)
    """
    written = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?", name)
    if written is not None:
        seconds = int(written[2]) * 3600 + int(written[3] or 0) * 60
        sign = -1 if written[1] == "-" else 1
        return Zone(f"GMT{written[1]}{int(written[2]):02}:{int(written[3] or 0):02}", sign * seconds)
    if name.upper() in sql.ZONE_HOURS:
        return Zone(name.upper(), round(sql.ZONE_HOURS[name.upper()] * 3600))
    if "/" not in name:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return Zone(name)


def session_zone(name: str) -> Zone:
    """The zone that a run shows dates in."""
    return Zone(name, 0) if name in ("UTC", "Etc/UTC", "GMT") else Zone(name)


def tokens(pattern: str) -> list[Letters | str]:
    """A pattern as runs of letters and literal texts. Raises QueryError 90820.

    >>> tokens("yyyy-MM'T'")
    [Letters(letter='y', count=4), '-', Letters(letter='M', count=2), 'T']
    """
    found: list[Letters | str] = []
    for part in re.finditer(r"''|'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+", pattern):
        text = part[0]
        if text == "''":
            found.append("'")
        elif text.startswith("'"):
            if len(text) < 2 or not text.endswith("'"):
                raise QueryError("90820", f"the date format `{pattern}` has a quote that is not closed")
            found.append(text[1:-1].replace("''", "'"))
        elif not part[1]:
            found.append(text)
        elif text[0] in _LETTERS:
            found.append(Letters(text[0], len(text)))
        else:
            hint = {"Y": "the year is y", "D": "the day is d"}.get(text[0], f"put texts into single quotes: '{text}'")
            raise QueryError("90820", f"`{text}` means nothing in a date format", hint=hint)
    return found


def _language(locale: str, pattern: list[Letters | str]) -> str:
    language = re.split("[_-]", locale.lower())[0]
    named = any(isinstance(token, Letters) and (token.letter in _NAMED or token.is_month_name) for token in pattern)
    if language not in ("en", "ko") and named:
        hint = "en or ko"
        raise QueryError("90820", f"names of months and days are not known in the language `{locale}`", hint=hint)
    return language


# --- writing -------------------------------------------------------------------------------------------------------

#: What strftime writes for runs of letters in English; the key is the letter and how often it stands at most.
_STRFTIME = {
    "y1": "%Y", "y2": "%y", "y4": "%Y", "M1": "%-m", "M2": "%m", "M3": "%b", "M4": "%B", "d1": "%-d", "d2": "%d",
    "H1": "%-H", "H2": "%H", "h1": "%-I", "h2": "%I", "m1": "%-M", "m2": "%M", "s1": "%-S", "s2": "%S", "S3": "%g",
    "D1": "%-j", "D3": "%j", "u1": "%u", "E3": "%a", "E4": "%A", "a1": "%p",
}  # fmt: skip


def writer(pattern: str, timezone: str, zone_or_locale: str | None = None) -> Callable[[str], str]:
    """A function from a TIMESTAMPTZ expression to SQL for its text. Raises QueryError 90820."""
    parts = tokens(pattern)
    zone, locale = session_zone(timezone), "en"
    if zone_or_locale is not None:
        asked = zone_of(zone_or_locale)
        if asked is None and re.fullmatch(r"[a-z]{2}([_-][A-Z]{2})?", zone_or_locale) is None:
            hint = "such as GMT+9, UTC or Asia/Seoul; or a language, en or ko"
            raise QueryError("90820", f"`{zone_or_locale}` is no time zone", hint=hint)
        zone, locale = asked or zone, locale if asked else zone_or_locale
    language = _language(locale, parts)

    def write(instant: str) -> str:
        local = zone.local(instant)
        pieces: list[str] = []
        plain = ""  # what one strftime can write
        for part in parts:
            code = part.replace("%", "%%") if isinstance(part, str) else _strftime_code(part, language)
            if code is not None:
                plain += code
                continue
            assert isinstance(part, Letters)
            pieces += [_strftime(local, plain)] if plain else []
            plain = ""
            pieces.append(_written(part, language, local, instant, zone))
        pieces += [_strftime(local, plain)] if plain or not pieces else []
        return f"({' || '.join(pieces)})"

    return write


def _strftime(local: str, code: str) -> str:
    return f"strftime({local}, {sql.text(code)})"


def _strftime_code(part: Letters, language: str) -> str | None:
    count = 1 if part.letter == "a" else min(part.count, 4) if part.letter in "ME" else part.count
    count = 3 if part.letter == "E" and count < 3 else count
    if language == "ko" and (part.letter in "Ea" or part.is_month_name):
        return None
    return _STRFTIME.get(f"{part.letter}{count}")


def _written(part: Letters, language: str, local: str, instant: str, zone: Zone) -> str:
    """SQL text of one run of letters that strftime does not know."""
    weekday, day_of_year = f"dayofweek({local})", f"dayofyear({local})"
    match part.letter:
        case "M":
            return f"(month({local}) || '월')" if part.is_month_name else _padded(f"month({local})", part.count)
        case "E":
            ending = "요일" if part.count > 3 else ""
            return f"(substring('{_KOREAN_DAYS}', {weekday} + 1, 1) || '{ending}')"
        case "a":
            return f"if(hour({local}) < 12, '오전', '오후')"
        case "G":
            return f"if(year({local}) > 0, 'AD', 'BC')"
        case "w":
            last = f"year({local} + to_days(CAST(6 - {weekday} AS INTEGER)))"  # the week of next January 1 is week 1
            first = f"(({weekday} - {day_of_year} + 1) % 7 + 7) % 7"
            return _padded(f"if({last} > year({local}), 1, ({day_of_year} - 1 + {first}) // 7 + 1)", part.count)
        case "W":
            first = f"(({weekday} - day({local}) + 1) % 7 + 7) % 7"
            return _padded(f"((day({local}) - 1 + {first}) // 7 + 1)", part.count)
        case "z" | "Z" | "X":
            return _written_zone(part, instant, local, zone)
    number = {
        "y": f"year({local})",
        "d": f"day({local})",
        "D": day_of_year,
        "F": f"((day({local}) - 1) // 7 + 1)",
        "u": f"isodow({local})",
        "H": f"hour({local})",
        "k": f"if(hour({local}) = 0, 24, hour({local}))",
        "K": f"(hour({local}) % 12)",
        "h": f"if(hour({local}) % 12 = 0, 12, hour({local}) % 12)",
        "m": f"minute({local})",
        "s": f"second({local})",
        "S": f"(epoch_ms({local}) % 1000)",
    }[part.letter]
    return _padded(number, part.count)


def _padded(number: str, count: int) -> str:
    text = f"CAST({number} AS VARCHAR)"
    return text if count == 1 else f"lpad({text}, CAST(greatest({count}, length({text})) AS INTEGER), '0')"


def _written_zone(part: Letters, instant: str, local: str, zone: Zone) -> str:
    if part.letter == "z":
        return _zone_name(instant, local, zone)
    style = "Z" if part.letter == "Z" else f"X{min(part.count, 3)}"
    if zone.offset is not None:
        return sql.text(_offset_text(zone.offset, style))
    seconds = f"((epoch_us({local}) - epoch_us({instant})) // 1000000)"
    hours, minutes = f"lpad(CAST(abs({seconds}) // 3600 AS VARCHAR), 2, '0')", ""
    if style != "X1":
        colon = ":" if style == "X3" else ""
        minutes = f" || '{colon}' || lpad(CAST(abs({seconds}) % 3600 // 60 AS VARCHAR), 2, '0')"
    shown = f"(if({seconds} < 0, '-', '+') || {hours}{minutes})"
    return shown if style == "Z" else f"if({seconds} = 0, 'Z', {shown})"


def _offset_text(seconds: int, style: str) -> str:
    if seconds == 0 and style != "Z":
        return "Z"
    hours, minutes = abs(seconds) // 3600, abs(seconds) % 3600 // 60
    ending = "" if style == "X1" else f":{minutes:02}" if style == "X3" else f"{minutes:02}"
    return f"{'-' if seconds < 0 else '+'}{hours:02}{ending}"


def _zone_name(instant: str, local: str, zone: Zone) -> str:
    """The zone's abbreviation; it differs between summer and winter."""
    if zone.offset is not None:
        return sql.text(zone.name)
    info, start = ZoneInfo(zone.name), datetime(1970, 1, 1, tzinfo=UTC)
    names: dict[int, str] = {}
    for week in range(52 * 70):
        moment = (start + timedelta(weeks=week)).astimezone(info)
        offset, name = moment.utcoffset(), moment.tzname()
        if offset is not None and name is not None:
            names[int(offset.total_seconds())] = name
    seconds = f"((epoch_us({local}) - epoch_us({instant})) // 1000000)"
    whens = " ".join(f"WHEN {offset} THEN {sql.text(name)}" for offset, name in names.items())
    return f"CASE {seconds} {whens} END"


# --- reading -------------------------------------------------------------------------------------------------------


def reader(pattern: str, timezone: str, locale: str, year: int) -> Callable[[str], str]:
    """A function from a VARCHAR expression to SQL for the TIMESTAMPTZ it means, null when it does not fit.

    `year` is the present one: years of two digits are those from 80 years ago on. Raises QueryError 90820.
    """
    parts = tokens(pattern)
    language = _language(locale, parts)
    fields = [part for part in parts if isinstance(part, Letters)]
    expression = _regex(parts, language)
    zone = session_zone(timezone)
    names = ["whole", *(f"f{index}" for index in range(len(fields)))]
    listed = ", ".join(f"'{name}'" for name in names)
    plain = _strptime_format(parts)

    def read(text: str) -> str:
        found = f"regexp_extract({text}, {sql.text(expression)}, [{listed}])"
        local, offset = _clock(fields, found, language, year)
        if offset is not None:
            return f"make_timestamptz({local} - {offset} * 1000000)"
        if plain is not None:
            local = f"coalesce(epoch_us(try_strptime({text}, {sql.text(plain)})), {local})"
        return zone.instant(local)

    return read


_STRPTIME = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def _strptime_format(parts: list[Letters | str]) -> str | None:
    """The strptime format that reads what fits a pattern plainly; null when plain and lenient reading could differ."""
    codes = [_STRPTIME.get(p.letter * p.count) if isinstance(p, Letters) else p for p in parts]
    known = all(code is not None and re.fullmatch(r"%\w|[-/:.T]+| ", code) for code in codes)
    written = "".join(code or "" for code in codes)
    return written if known and written.startswith("%Y") and len(set(codes)) >= 3 else None


def _regex(parts: list[Letters | str], language: str) -> str:
    """A pattern as a regular expression with a group for each run of letters."""
    pieces = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(re.escape(part))
            continue
        # Numbers without a delimiter between them have as many digits as letters.
        glued = index + 1 < len(parts) and isinstance(parts[index + 1], Letters)
        pieces.append(r"[ \t]*" + _field_regex(part, language, glued))
    return f"^({''.join(pieces)})"


def _field_regex(part: Letters, language: str, glued: bool) -> str:
    match part.letter:
        case "M" if part.is_month_name:
            names = "|".join(_MONTHS) + "|" + "|".join(name[:3] for name in _MONTHS)
            return "(1[0-2]|[1-9])월" if language == "ko" else f"(?i:({names}))"
        case "E":
            names = "|".join(_DAYS) + "|" + "|".join(name[:3] for name in _DAYS)
            return f"([{_KOREAN_DAYS}](?:요일)?)" if language == "ko" else f"(?i:({names}))"
        case "a":
            return "(오전|오후)" if language == "ko" else "(?i:(AM|PM))"
        case "G":
            return "(?i:(AD))"
        case "z" | "Z":
            return r"((?:GMT|UTC)?[+-]\d{1,2}:?\d\d|[A-Z]{1,4})"
        case "X":
            return ("(Z|[+-]\\d\\d)", "(Z|[+-]\\d{4})", "(Z|[+-]\\d\\d:\\d\\d)")[min(part.count, 3) - 1]
    return f"(\\d{{{part.count}}})" if glued else "(\\d+)"


def _clock(fields: list[Letters], found: str, language: str, year: int) -> tuple[str, str | None]:
    """SQL for the clock's microseconds after 1970-01-01 00:00, and for the seconds of a zone that the text names."""
    at = {part.letter: (part, f"{found}.f{index}") for index, part in enumerate(fields)}

    def number(letter: str, default: int, digits: int = 7) -> str:
        return f"date_number({at[letter][1]}, {digits})" if letter in at else str(default)

    months = f"({_year(at, year)} * 12 + {_month(at, language)} - 1)"
    day = number("d", 1) if "d" in at else number("D", 1)
    first = f"epoch_us(make_timestamp({months} // 12, {months} % 12 + 1, 1, 0, 0, 0.0))"
    terms = [
        first,
        f"({day} - 1) * 86400000000",
        f"{_hour(at, number)} * 3600000000",
        f"{number('m', 0)} * 60000000",
        f"{number('s', 0)} * 1000000",
        f"{number('S', 0, 9)} * 1000",
        f"if({found}.whole = '', NULL, 0)",
    ]
    terms = [term for term in terms if term != "(1 - 1) * 86400000000" and not term.startswith("0 *")]
    named = next((at[letter][1] for letter in "zZX" if letter in at), None)
    return f"({' + '.join(terms)})", None if named is None else f"zone_seconds({named})"


_Fields = dict[str, tuple[Letters, str]]


def _year(at: _Fields, now: int) -> str:
    if "y" not in at:
        return "1970"
    part, group = at["y"]
    number = f"date_number({group}, 4)"  # year 0 and years of five digits are not dates
    if part.count > 2:
        return f"nullif({number}, 0)"
    century, border = divmod(now - 80, 100)
    return f"if(length({group}) = 2, {number} + {century * 100} + if({number} < {border}, 100, 0), {number})"


def _month(at: _Fields, language: str) -> str:
    if "M" not in at:
        return "1"
    part, group = at["M"]
    if part.is_month_name and language != "ko":
        names = ", ".join(f"'{name[:3].lower()}'" for name in _MONTHS)
        return f"list_position([{names}], lower(left({group}, 3)))"
    return f"date_number({group}, 5)"


def _hour(at: _Fields, number: Callable[[str, int], str]) -> str:
    if "H" in at:
        return number("H", 0)
    if "k" in at:
        return f"(CASE {number('k', 0)} WHEN 24 THEN 0 ELSE {number('k', 0)} END)"
    half = "0"
    if "a" in at:
        half = f"if(upper({at['a'][1]}) IN ('PM', '오후'), 12, 0)"
    if "h" in at:
        return f"((CASE {number('h', 0)} WHEN 12 THEN 0 ELSE {number('h', 0)} END) + {half})"
    return f"({number('K', 0)} + {half})" if "K" in at or "a" in at else "0"
