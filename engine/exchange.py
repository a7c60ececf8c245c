"""The exchange rate that amounts in dollars are shown in won and euros with. There always is one.

Nobody is asked unless a source is configured: then the sources in their order, then the rate that was fetched last,
then the configured rate, then the dated one under `data/`. A rate that cannot be right is refused like one that did not
come.
"""

from __future__ import annotations

import json
import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener
from zoneinfo import ZoneInfo

from engine.language.errors import SourceError

DATA = Path(__file__).resolve().parent.parent / "data" / "exchange" / "ecb.json"
BUNDLED = "ecb (bundled)"  # whose rates they are has to be said
KOREA = ZoneInfo("Asia/Seoul")

LOWEST, HIGHEST = 500.0, 3000.0  # won for a dollar
MOST_CHANGE = 0.15  # against the last good rate
COMPARED = timedelta(days=30)  # an older last good rate says nothing about today's
LOWEST_EURO, HIGHEST_EURO = 0.7, 1.7  # dollars for a euro
STALE = timedelta(days=4)  # a weekend and a holiday
TIMEOUT = 4.0  # seconds for one request
PATIENCE = 8.0  # seconds after which no further source is asked
PAUSE = timedelta(minutes=10)  # after nobody answered
MOST_BYTES = 1 << 20
LOCAL = (("http", "127.0.0.1"), ("http", "localhost"))
_STEPS_BACK = 7  # days without a rate that Eximbank is asked about


@dataclass(frozen=True)
class Rate:
    """Won for a dollar and for a euro, on a day.

    `source` is the name of who was asked, `configured`, or `BUNDLED` for the rate of `data/`.
    """

    usd: float
    eur: float | None  # null when the source does not say
    day: date
    source: str
    fetched_at: datetime | None = None  # null when it was not fetched
    is_fallback: bool = False  # taken because nothing better was there

    def is_stale(self, now: datetime) -> bool:
        """Whether it should not be taken for today's."""
        return self.is_fallback or now.astimezone(KOREA).date() - self.day > STALE


@dataclass(frozen=True)
class Found:
    """What a source says."""

    usd: float
    eur: float | None
    day: date


Get = Callable[[str], bytes]


class Unusable(Exception):
    """A source gave no rate; the text says why and holds no URL, which may hold a key."""


def koreaexim(base: str, key: str, get: Get, today: date) -> Found:
    """Korea Eximbank, which has no rates of weekends, holidays and mornings: those of the last day that has some."""
    if not key:
        raise Unusable("needs a key, TRAILBOARD_KOREAEXIM_KEY")
    for back in range(_STEPS_BACK + 1):
        day = today - timedelta(days=back)
        path = "/site/program/financial/exchangeJSON"
        items = json.loads(get(f"{base}{path}?authkey={quote(key, safe='')}&searchdate={day:%Y%m%d}&data=AP01"))
        if not items:
            continue
        problem = {2: "wrong data code", 3: "the key is refused", 4: "the day's quota is used up"}.get(
            items[0].get("result")
        )
        if problem:
            raise Unusable(problem)
        rates = {item["cur_unit"]: _number(item["deal_bas_r"]) for item in items if item.get("deal_bas_r")}
        return Found(rates["USD"], rates.get("EUR"), day)
    raise Unusable(f"has no rate of the last {_STEPS_BACK} days")


def frankfurter(base: str, key: str, get: Get, today: date) -> Found:
    """Frankfurter, which serves the European Central Bank's rates."""
    answer = json.loads(get(f"{base}/v1/latest?base=USD&symbols=KRW,EUR"))
    won, euros = _number(answer["rates"]["KRW"]), answer["rates"].get("EUR")
    return Found(won, None if euros is None else won / _number(euros), date.fromisoformat(answer["date"]))


def ecb(base: str, key: str, get: Get, today: date) -> Found:
    """The European Central Bank's reference rates, for one euro each."""
    text = get(f"{base}/stats/eurofxref/eurofxref-daily.xml").decode("utf-8", "replace")
    day = re.search(r"""time=["'](\d{4}-\d\d-\d\d)["']""", text)
    rates = dict(re.findall(r"""currency=["']([A-Z]{3})["']\s+rate=["']([\d.]+)["']""", text))
    if day is None:
        raise Unusable("the answer has no day")
    won = _number(rates["KRW"])
    return Found(won / _number(rates["USD"]), won, date.fromisoformat(day.group(1)))


def naver(base: str, key: str, get: Get, today: date) -> Found:
    """Naver's quote of Hana Bank: an unofficial interface, near to real time."""

    def won(currency: str) -> float:
        path = f"/front-api/marketIndex/productDetail?category=exchange&reutersCode=FX_{currency}KRW"
        result = json.loads(get(base + path))["result"]
        return _number(result.get("calcPrice") or result["closePrice"])

    while today.weekday() > 4:  # the quote of a weekend is Friday's
        today -= timedelta(days=1)
    return Found(won("USD"), won("EUR"), today)


#: Sources by name: where they are, and how they are asked.
SOURCES: Mapping[str, tuple[str, Callable[[str, str, Get, date], Found]]] = {
    "koreaexim": ("https://oapi.koreaexim.go.kr", koreaexim),
    "frankfurter": ("https://api.frankfurter.dev", frankfurter),
    "ecb": ("https://www.ecb.europa.eu", ecb),
    "naver": ("https://m.stock.naver.com", naver),
}


@dataclass(frozen=True)
class Source:
    """A source to ask: one of `SOURCES`, at its own or another address."""

    name: str
    base: str
    key: str = field(default="", repr=False)

    def ask(self, today: date) -> Found:
        """What it says. Raises Unusable with the reason."""
        deadline = time.monotonic() + TIMEOUT * 2
        try:
            return SOURCES[self.name][1](self.base, self.key, lambda url: _fetch(url, deadline), today)
        except HTTPError as problem:
            problem.close()
            raise Unusable(f"answered with HTTP status {problem.code}") from None
        except (TimeoutError, URLError) as problem:
            late = isinstance(problem, TimeoutError) or isinstance(problem.reason, TimeoutError)
            raise Unusable("did not answer in time" if late else "cannot be reached") from None
        except (OSError, HTTPException):
            raise Unusable("cannot be reached") from None
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
            raise Unusable("the answer has no rate of the won") from None


class Exchange:
    """Rates from the configured sources; the last good one is kept in a file, which survives restarts.

    >>> rate = Exchange().rate(datetime(2026, 11, 24, tzinfo=UTC))
    >>> rate.source, str(rate.day), round(rate.usd, 2), rate.eur, rate.is_stale(datetime(2026, 11, 24, tzinfo=UTC))
    ('ecb (bundled)', '2026-10-30', 1335.27, 1491.76, True)
    """

    def __init__(
        self,
        sources: tuple[Source, ...] = (),
        configured: Rate | None = None,
        file: Path | None = None,
        mistake: str | None = None,
    ) -> None:
        self.sources = sources
        self.configured = configured
        self.mistake = mistake  # what is wrong with the configuration, told with every rate
        self._file = file
        self._held: dict[str, Any] = {}  # what the file says when there is one
        self._asking = threading.Lock()

    @classmethod
    def load(cls, env: Mapping[str, str], file: Path | None = None) -> Exchange:
        """Read the environment. What is wrong with it becomes the `mistake`: amounts of money stop no query.

        >>> exchange = Exchange.load({"TRAILBOARD_EXCHANGE": "frankfurter=https://fx.example.com, ecb"})
        >>> [(source.name, source.base) for source in exchange.sources]
        [('frankfurter', 'https://fx.example.com'), ('ecb', 'https://www.ecb.europa.eu')]
        """
        key = env.get("TRAILBOARD_KOREAEXIM_KEY", "").strip()
        named = [item.strip() for item in env.get("TRAILBOARD_EXCHANGE", "").split(",") if item.strip()]
        try:
            return cls(tuple(_source(item, key) for item in named), _configured(env), file)
        except SourceError as problem:
            return cls(mistake=str(problem))

    def rate(self, now: datetime, ask: bool = True, warn: Callable[[str], None] = lambda message: None) -> Rate:
        """The rate to convert with; never raises. Without `ask`, the best one that is here.

        `warn` is told when sources are configured and none of them answered, and when the configuration is wrong.
        """
        if self.mistake is not None:
            warn(self.mistake)
        if not self.sources:
            return self.configured or self._fallback()
        if not ask:
            return _rate(self._record()) or self._fallback()
        with self._asking:  # one asks, the others wait for the answer
            record = self._record()
            kept, problems = _rate(record), record.get("problems")
            if kept is not None and kept.fetched_at is not None and now < due(kept.fetched_at):
                return kept
            if _may_ask(record, now):
                found, problems = self._found(now, kept)
                if found is not None:
                    return found
                self._hold({**record, "failed_at": now.isoformat(), "problems": problems})
        warn(f"no source of exchange rates answered: {problems}")
        return kept or self._fallback()

    def _fallback(self) -> Rate:
        return replace(self.configured or bundled(), is_fallback=True)

    def _found(self, now: datetime, kept: Rate | None) -> tuple[Rate | None, str]:
        """The first usable rate, which is kept, else why there is none."""
        late, problems = time.monotonic() + PATIENCE, []
        for source in self.sources:
            if time.monotonic() > late:
                problems.append(f"{source.name} was not asked, it took too long")
                continue
            try:
                found = _checked(source.ask(now.astimezone(KOREA).date()), kept, now)
            except Unusable as problem:
                problems.append(f"{source.name} {problem}")
                continue
            rate = Rate(found.usd, found.eur, found.day, source.name, now)
            self._hold(_written(rate))
            return rate, ""
        return None, "; ".join(problems)

    def _record(self) -> dict[str, Any]:
        """The rate that was fetched last, and when asking failed since."""
        if self._file is not None:
            with suppress(OSError, ValueError, RecursionError):
                read = json.loads(self._file.read_text("utf-8"))
                return read if isinstance(read, dict) else {}
        return self._held

    def _hold(self, record: dict[str, Any]) -> None:
        self._held = record
        if self._file is None:
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside = self._file.with_name(f"{self._file.name}.{os.getpid()}.{threading.get_ident()}")
            beside.write_text(json.dumps(record), "utf-8")
            beside.replace(self._file)


def bundled() -> Rate:
    """The rate that comes with Trailboard, of the day that `data/README.md` tells."""
    record = json.loads(DATA.read_text("utf-8"))
    won = float(record["krw_per_eur"])
    return Rate(won / float(record["usd_per_eur"]), won, date.fromisoformat(record["date"]), BUNDLED)


def due(fetched_at: datetime) -> datetime:
    """When a rate is asked for again: at 11:30 of Korea's next working day, but not within an hour.

    >>> due(datetime(2026, 11, 20, 5, tzinfo=UTC)).isoformat()      # a Friday afternoon in Seoul
    '2026-11-23T11:30:00+09:00'
    """
    here = fetched_at.astimezone(KOREA)
    next_one = here.replace(hour=11, minute=30, second=0, microsecond=0)
    while next_one <= here or next_one.weekday() > 4:
        next_one += timedelta(days=1)
    return max(next_one, here + timedelta(hours=1))


def _may_ask(record: Mapping[str, Any], now: datetime) -> bool:
    failed_at = _instant(record.get("failed_at"))
    return failed_at is None or not failed_at <= now < failed_at + PAUSE


def _checked(found: Found, kept: Rate | None, now: datetime) -> Found:
    """The same when it can be right; a euro that cannot be is left out. Raises Unusable."""
    if not LOWEST <= found.usd <= HIGHEST:
        raise Unusable(f"says {found.usd:,.2f} won for a dollar, which cannot be")
    if kept is not None and kept.fetched_at is not None and now - kept.fetched_at < COMPARED:
        change = found.usd / kept.usd - 1
        if abs(change) > MOST_CHANGE:
            raise Unusable(f"says {found.usd:,.2f} won for a dollar, {change:+.0%} against the last rate")
    if found.day > now.astimezone(KOREA).date() + timedelta(days=1):
        raise Unusable("gives a rate of a day to come")
    if found.eur is None or not LOWEST_EURO <= found.eur / found.usd <= HIGHEST_EURO:
        return replace(found, eur=None)
    return found


def _number(value: Any) -> float:
    number = float(str(value).replace(",", ""))
    if not math.isfinite(number):
        raise ValueError(value)
    return number


class _NoRedirect(HTTPRedirectHandler):
    """Only the configured host is talked to, not the one that it names."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        return None


def _fetch(url: str, deadline: float) -> bytes:
    """What a URL answers with, certificates checked."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    request = Request(url, headers={"User-Agent": "Trailboard", "Accept": "application/json, application/xml"})  # noqa: S310 - http(s) only, see _source
    with build_opener(_NoRedirect).open(request, timeout=min(TIMEOUT, left)) as answer:
        read = bytearray()
        while piece := answer.read1(1 << 16):
            read += piece
            if len(read) > MOST_BYTES:
                raise ValueError("too long")
            if time.monotonic() > deadline:
                raise TimeoutError
    return bytes(read)


def _source(item: str, key: str) -> Source:
    name, _, base = (part.strip() for part in item.partition("="))
    if name not in SOURCES:
        raise SourceError(
            f"TRAILBOARD_EXCHANGE names an unknown source of exchange rates: `{name}`", f"known: {', '.join(SOURCES)}"
        )
    base = (base or SOURCES[name][0]).rstrip("/")
    parts = urlsplit(base)
    if not parts.hostname or (parts.scheme != "https" and (parts.scheme, parts.hostname) not in LOCAL):
        raise SourceError(f"TRAILBOARD_EXCHANGE: the address of `{name}` must begin with https://")
    return Source(name, base, key if name == "koreaexim" else "")


def _configured(env: Mapping[str, str]) -> Rate | None:
    """The rate of TRAILBOARD_USD_KRW and TRAILBOARD_EUR_KRW, which need the day they are of."""
    given = {name: env.get(f"TRAILBOARD_{name}", "").strip() for name in ("USD_KRW", "EUR_KRW", "USD_KRW_DATE")}
    if not given["USD_KRW"]:
        return None
    try:
        usd = _number(given["USD_KRW"])
        eur = _number(given["EUR_KRW"]) if given["EUR_KRW"] else None
    except ValueError:
        raise SourceError("TRAILBOARD_USD_KRW and TRAILBOARD_EUR_KRW are won, as in `1392.50`") from None
    if not LOWEST <= usd <= HIGHEST:
        raise SourceError(f"TRAILBOARD_USD_KRW is won for one dollar, between {LOWEST:.0f} and {HIGHEST:.0f}")
    try:
        day = date.fromisoformat(given["USD_KRW_DATE"])
    except ValueError:
        hint = "write it as in `2026-11-20`: a rate without its day would pass for today's"
        raise SourceError("TRAILBOARD_USD_KRW_DATE does not say what day the rate is of", hint) from None
    return Rate(usd, eur, day, "configured")


def _written(rate: Rate) -> dict[str, Any]:
    return {
        "usd": rate.usd,
        "eur": rate.eur,
        "day": rate.day.isoformat(),
        "source": rate.source,
        "fetched_at": rate.fetched_at.isoformat() if rate.fetched_at else None,
    }


def _rate(record: Mapping[str, Any]) -> Rate | None:
    """The rate of a record; nothing when it holds none, or none that can be."""
    try:
        usd, eur, fetched_at = float(record["usd"]), record["eur"], _instant(record["fetched_at"])
        day = date.fromisoformat(record["day"])
        if fetched_at is None or not LOWEST <= usd <= HIGHEST:
            return None
        return Rate(usd, None if eur is None else float(eur), day, str(record["source"]), fetched_at)
    except (LookupError, ValueError, TypeError):
        return None


def _instant(text: Any) -> datetime | None:
    with suppress(TypeError, ValueError):
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
