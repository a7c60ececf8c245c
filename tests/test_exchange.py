"""Exchange rates: each source's answers as it gives them, from a server on this machine; what is refused and kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from engine import Engine, exchange
from engine.exchange import BUNDLED, Exchange, Rate, bundled, due

NOW = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)  # a Tuesday, 14:30 in Seoul
ECB = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time='2026-11-23'><Cube currency='USD' rate='1.1100'/><Cube currency='JPY' rate='171.20'/>
<Cube currency='KRW' rate='1554.00'/></Cube></Cube></gesmes:Envelope>"""


class Server(ThreadingHTTPServer):
    """Answers with what `answers` says for a path; `asked` holds the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.hang = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(urlsplit(self.path).path, 404)
        if callable(answer):
            answer = answer(parse_qs(urlsplit(self.path).query))
        if answer == "hang":
            self.server.hang.wait(30)
            return
        if isinstance(answer, int):
            self.send_response(answer)
            self.send_header("Location", self.server.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.hang.set()
    made.shutdown()
    thread.join()
    made.server_close()


def configured(server: Server, *names: str, file: Path | None = None, **env: str) -> Exchange:
    sources = ",".join(f"{name}={server.url}" for name in names)
    return Exchange.load({"TRAILBOARD_EXCHANGE": sources, **env}, file)


def frankfurter(won: float, day: str = "2026-11-23", euro: float = 0.9) -> dict[str, Any]:
    return {"amount": 1.0, "base": "USD", "date": day, "rates": {"EUR": euro, "KRW": won}}


def test_nobody_is_asked_unless_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "build_opener", None)  # any request would fail loudly
    found = Exchange.load({}).rate(NOW)
    assert (found.source, found.day, found.is_stale(NOW)) == (BUNDLED, bundled().day, True)
    assert found.fetched_at is None


def test_frankfurter(server: Server) -> None:
    server.answers["/v1/latest"] = frankfurter(1400.5)
    found = configured(server, "frankfurter").rate(NOW)
    assert (found.usd, found.day, found.source, found.fetched_at) == (1400.5, date(2026, 11, 23), "frankfurter", NOW)
    assert found.eur == pytest.approx(1400.5 / 0.9)
    assert not found.is_stale(NOW)
    assert server.asked == ["/v1/latest?base=USD&symbols=KRW,EUR"]


def test_ecb_gives_rates_of_the_euro(server: Server) -> None:
    server.answers["/stats/eurofxref/eurofxref-daily.xml"] = ECB
    found = configured(server, "ecb").rate(NOW)
    assert (found.usd, found.eur, found.day) == (pytest.approx(1400), 1554.0, date(2026, 11, 23))


def test_eximbank_steps_back_to_a_day_with_rates(server: Server) -> None:
    def answer(query: dict[str, list[str]]) -> list[dict[str, Any]]:
        assert query["authkey"] == ["a b&c"]
        if query["searchdate"] != ["20261122"]:
            return []
        return [
            {"result": 1, "cur_unit": "EUR", "deal_bas_r": "1,554.21"},
            {"result": 1, "cur_unit": "USD", "deal_bas_r": "1,399.5"},
        ]

    server.answers["/site/program/financial/exchangeJSON"] = answer
    found = configured(server, "koreaexim", TRAILBOARD_KOREAEXIM_KEY="a b&c").rate(NOW)
    assert (found.usd, found.eur, found.day, found.source) == (1399.5, 1554.21, date(2026, 11, 22), "koreaexim")
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([{"result": 3}], "the key is refused"),
        ([{"result": 4}], "the day's quota is used up"),
        ([], "has no rate of the last 7 days"),
        ([{"result": 1, "cur_unit": "JPY(100)", "deal_bas_r": "900"}], "the answer has no rate of the won"),
        (500, "answered with HTTP status 500"),
        (302, "answered with HTTP status 302"),
        ("<html>", "the answer has no rate of the won"),
        ("[" * 100_000, "the answer has no rate of the won"),
        ([1], "the answer has no rate of the won"),
    ],
)
def test_what_goes_wrong_is_told_without_the_key(server: Server, answer: Any, reason: str) -> None:
    server.answers["/site/program/financial/exchangeJSON"] = answer
    told: list[str] = []
    asked = configured(server, "koreaexim", TRAILBOARD_KOREAEXIM_KEY="s3cret")
    found = asked.rate(NOW, warn=told.append)
    assert found.source == BUNDLED
    assert told == [f"no source of exchange rates answered: koreaexim {reason}"]
    assert "s3cret" not in repr(asked.sources)
    assert "/elsewhere" not in server.asked


def test_eximbank_without_a_key_is_not_asked(server: Server) -> None:
    told: list[str] = []
    configured(server, "koreaexim").rate(NOW, warn=told.append)
    assert "needs a key" in told[0]
    assert server.asked == []


def test_naver_quotes_today(server: Server) -> None:
    def answer(query: dict[str, list[str]]) -> dict[str, Any]:
        is_dollar = query["reutersCode"] == ["FX_USDKRW"]
        return {"isSuccess": True, "result": {"calcPrice": 1401.2} if is_dollar else {"closePrice": "1,552.10"}}

    server.answers["/front-api/marketIndex/productDetail"] = answer
    found = configured(server, "naver").rate(NOW)
    assert (found.usd, found.eur, found.day) == (1401.2, 1552.1, date(2026, 11, 24))


def test_the_next_source_is_asked_when_one_cannot_be_right(server: Server) -> None:
    server.answers["/v1/latest"] = frankfurter(14.0)
    server.answers["/stats/eurofxref/eurofxref-daily.xml"] = ECB
    assert configured(server, "frankfurter", "ecb").rate(NOW).source == "ecb"


def test_a_jump_against_the_last_rate_is_refused_for_a_month(server: Server, tmp_path: Path) -> None:
    asked = configured(server, "frankfurter", file=tmp_path / "exchange.json")
    server.answers["/v1/latest"] = frankfurter(1400.0)
    asked.rate(NOW)
    server.answers["/v1/latest"] = frankfurter(1700.0, "2026-11-25")
    told: list[str] = []
    later = NOW + timedelta(days=2)
    assert asked.rate(later, warn=told.append).usd == 1400.0
    assert "1,700.00 won for a dollar, +21% against the last rate" in told[0]
    assert asked.rate(NOW + timedelta(days=31)).usd == 1700.0


def test_a_euro_that_cannot_be_is_left_out(server: Server) -> None:
    server.answers["/v1/latest"] = frankfurter(1400.0, euro=0.01)
    assert configured(server, "frankfurter").rate(NOW).eur is None


def test_a_rate_is_kept_until_it_is_due_and_by_other_processes(server: Server, tmp_path: Path) -> None:
    server.answers["/v1/latest"] = frankfurter(1400.0)
    first = configured(server, "frankfurter", file=tmp_path / "home" / "exchange.json").rate(NOW)
    again = configured(server, "frankfurter", file=tmp_path / "home" / "exchange.json")
    assert again.rate(due(NOW) - timedelta(minutes=1)) == first
    assert len(server.asked) == 1
    server.answers["/v1/latest"] = frankfurter(1410.0, "2026-11-24")
    assert again.rate(due(NOW)).usd == 1410.0


def test_explaining_a_query_asks_nobody(server: Server, tmp_path: Path) -> None:
    server.answers["/v1/latest"] = frankfurter(1400.0)
    asked = configured(server, "frankfurter", file=tmp_path / "exchange.json")
    assert asked.rate(NOW, ask=False).source == BUNDLED
    assert server.asked == []
    asked.rate(NOW)
    assert asked.rate(NOW + timedelta(days=9), ask=False).source == "frankfurter"


def test_a_page_that_asks_every_minute_waits_after_a_failure(server: Server, tmp_path: Path) -> None:
    server.answers["/v1/latest"] = 503
    asked = configured(server, "frankfurter", file=tmp_path / "exchange.json")
    told: list[str] = []
    for minute in range(60):
        asked.rate(NOW + timedelta(minutes=minute), warn=told.append)
    assert len(server.asked) == 6
    assert len(told) == 60


def test_a_server_that_says_nothing_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", 0.2)
    server.answers["/v1/latest"] = "hang"
    told: list[str] = []
    assert configured(server, "frankfurter").rate(NOW, warn=told.append).source == BUNDLED
    assert told == ["no source of exchange rates answered: frankfurter did not answer in time"]


def test_a_server_that_is_not_there(server: Server) -> None:
    told: list[str] = []
    gone = Exchange.load({"TRAILBOARD_EXCHANGE": "ecb=http://127.0.0.1:9"})
    assert gone.rate(NOW, warn=told.append).is_fallback
    assert told == ["no source of exchange rates answered: ecb cannot be reached"]


def test_the_last_rate_is_better_than_the_configured_one(server: Server, tmp_path: Path) -> None:
    env = {"TRAILBOARD_USD_KRW": "1,350.5", "TRAILBOARD_USD_KRW_DATE": "2026-11-02", "TRAILBOARD_EUR_KRW": "1500"}
    asked = configured(server, "frankfurter", file=tmp_path / "exchange.json", **env)
    found = asked.rate(NOW)
    assert (found.usd, found.eur, found.source, found.is_stale(NOW)) == (1350.5, 1500.0, "configured", True)
    server.answers["/v1/latest"] = frankfurter(1400.0)
    asked.rate(NOW + timedelta(hours=1))
    server.answers["/v1/latest"] = 503
    last = asked.rate(NOW + timedelta(days=8))
    assert (last.usd, last.source, last.is_stale(NOW + timedelta(days=8))) == (1400.0, "frankfurter", True)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"usd": 1}', '{"usd": 9e9, "eur": 1, "day": "x"}', "\x00"])
def test_a_damaged_file_counts_as_none(server: Server, tmp_path: Path, content: str) -> None:
    (tmp_path / "exchange.json").write_text(content)
    server.answers["/v1/latest"] = frankfurter(1400.0)
    assert configured(server, "frankfurter", file=tmp_path / "exchange.json").rate(NOW).usd == 1400.0


def test_a_folder_that_cannot_be_written_keeps_the_rate_in_memory(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server.answers["/v1/latest"] = frankfurter(1400.0)
    asked = configured(server, "frankfurter", file=tmp_path / "file" / "exchange.json")
    assert asked.rate(NOW) == asked.rate(NOW)
    assert len(server.asked) == 1


def test_a_fixed_rate_asks_nobody() -> None:
    found = Exchange.load({"TRAILBOARD_USD_KRW": "1392.5", "TRAILBOARD_USD_KRW_DATE": "2026-11-23"}).rate(NOW)
    assert found == Rate(1392.5, None, date(2026, 11, 23), "configured")
    assert not found.is_stale(NOW)
    assert found.is_stale(NOW + timedelta(days=4))


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"TRAILBOARD_EXCHANGE": "bank"}, "unknown source of exchange rates: `bank`"),
        ({"TRAILBOARD_EXCHANGE": "ecb=http://fx.example.com"}, "must begin with https://"),
        ({"TRAILBOARD_EXCHANGE": "ecb=file:///etc/passwd"}, "must begin with https://"),
        ({"TRAILBOARD_USD_KRW": "much"}, "are won"),
        ({"TRAILBOARD_USD_KRW": "0.0007"}, "won for one dollar"),
        ({"TRAILBOARD_USD_KRW": "1392.5"}, "does not say what day"),
    ],
)
def test_mistakes_in_the_configuration(env: dict[str, str], message: str) -> None:
    told: list[str] = []
    found = Exchange.load(env).rate(NOW, warn=told.append)
    assert (found.source, found.is_fallback) == (BUNDLED, True)
    assert [message in text for text in told] == [True]


@pytest.mark.parametrize(
    ("fetched", "expected"),
    [
        ("2026-11-24T11:00+09:00", "2026-11-24T12:00+09:00"),  # not within an hour
        ("2026-11-24T14:30+09:00", "2026-11-25T11:30+09:00"),
        ("2026-11-20T11:30+09:00", "2026-11-23T11:30+09:00"),  # Friday to Monday
        ("2026-11-21T09:00+09:00", "2026-11-23T11:30+09:00"),
    ],
)
def test_when_a_rate_is_due(fetched: str, expected: str) -> None:
    assert due(datetime.fromisoformat(fetched)) == datetime.fromisoformat(expected)


def test_the_procedure_gives_one_row_whatever_happens(server: Server) -> None:
    server.answers["/v1/latest"] = frankfurter(1400.0)
    engine = Engine(now=NOW, timezone="Asia/Seoul", exchange=configured(server, "frankfurter"))
    row = engine.run("proc usd_exchange()").to_dict("records")
    assert [list(item) for item in row] == [["usd", "eur", "base_date", "source", "fetched_at", "stale"]]
    assert row[0]["base_date"].isoformat() == "2026-11-23T00:00:00+09:00"
    assert (row[0]["usd"], row[0]["source"], row[0]["stale"]) == (1400.0, "frankfurter", False)

    gone = Engine(now=NOW, exchange=Exchange.load({"TRAILBOARD_EXCHANGE": "ecb=http://127.0.0.1:9"}))
    result = gone.execute('json "{cost: 10}" | join type=cross [ proc usd_exchange() ] | eval krw = cost * usd')
    assert result.frame["krw"].tolist() == [pytest.approx(13352.67, abs=0.01)]
    assert result.frame["stale"].tolist() == [True]
    assert result.warnings == ("no source of exchange rates answered: ecb cannot be reached",)


def test_explaining_the_procedure_asks_nobody(server: Server) -> None:
    engine = Engine(now=NOW, exchange=configured(server, "frankfurter"))
    assert next(iter(engine.explain("proc usd_exchange()").columns)) == "usd"
    assert server.asked == []


def test_a_procedure_of_ones_own_goes_first(tmp_path: Path) -> None:
    (tmp_path / "usd_exchange.lpql").write_text('# usd_exchange()\n| json "{usd: 1000.0}"')
    assert Engine(procedure_folder=tmp_path).run("proc usd_exchange()")["usd"].tolist() == [1000.0]
