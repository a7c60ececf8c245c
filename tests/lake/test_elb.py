"""Lines of load balancers' logs: every trap of the format, and that whatever is in a line, it never vanishes."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.lake import elb, elb_fields, elb_lines
from engine.lake.objects import Object, elb_facts_of
from tests.lake.elb_logs import ACCOUNT, CONNECTION, HEALTH_CHECK, NLB, REGION, alb, at, classic


def decoded(text: bytes, name: str = "/logs/a.log") -> tuple[list[dict[str, Any]], list[elb.Reject], Counter[str]]:
    """Rows of a text by line number, what was put aside, and what was skipped."""
    item = Object(name, len(text), "", elb_facts_of(name))
    rows: list[dict[str, Any]] = []
    put_aside: list[elb.Reject] = []
    skipped = Counter[str]()
    for part in elb.decode(io.BytesIO(text), item):
        rows += [row for _, batch in part.rows for row in batch.to_pylist()]
        put_aside += part.rejects
        skipped += part.skipped
    return rows, put_aside, skipped


def row(line: str | bytes) -> dict[str, Any]:
    """The row of one line, which is the same whether it is read the fast way or with care."""
    text = line if isinstance(line, bytes) else line.encode()
    (fast,), none, _ = decoded(text + b"\n")
    ours, theirs, _ = decoded(text + b"\nno log line\n")
    assert [found.reason for found in none if not found.kept] == []
    assert [found.reason for found in theirs if not found.kept] == [elb_lines.NO_LOG_LINE]
    assert ours == [fast]
    return fast


# ── one line ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_column_of_an_alb_line() -> None:
    found = row(alb())
    time = datetime(2024, 5, 1, 0, 0, 1, 234567, tzinfo=UTC)
    assert isinstance(found.pop("_id"), int)
    assert found == {
        "_time": time,
        "type": "https",
        "time": time,
        "elb": "app/prod-web/50dc6c495c0c9188",
        "lb_name": "prod-web",
        "lb_id": "50dc6c495c0c9188",
        "client_ip": "203.0.113.7",
        "client_port": 54321,
        "target_ip": "10.0.0.1",
        "target_port": 8080,
        "request_processing_time": 0.001,
        "target_processing_time": 0.002,
        "response_processing_time": 0.0,
        "elb_status_code": 200,
        "target_status_code": 200,
        "received_bytes": 120,
        "sent_bytes": 3456,
        "method": "GET",
        "url": "/items?page=2",
        "host": "www.example.com",
        "port": 443,
        "scheme": "https",
        "path": "/items",
        "query": "page=2",
        "http_version": "HTTP/1.1",
        "request": "GET https://www.example.com:443/items?page=2 HTTP/1.1",
        "user_agent": "curl/8.5.0",
        "ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
        "ssl_protocol": "TLSv1.2",
        "target_group_arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/web/73e2d6bc24d8a067",
        "target_group": "web",
        "trace_id": "Root=1-58337262-36d228ad5d99923122bbe354",
        "domain_name": "www.example.com",
        "chosen_cert_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012",
        "matched_rule_priority": 0,
        "request_creation_time": datetime(2024, 5, 1, 0, 0, 1, 230000, tzinfo=UTC),
        "actions_executed": "waf,forward",
        "redirect_url": None,
        "error_reason": None,
        "target_port_list": "10.0.0.1:8080",
        "target_status_code_list": "200",
        "classification": None,
        "classification_reason": None,
        "conn_trace_id": "TID_1234abcd",
        "transformed_host": None,
        "transformed_uri": None,
        "request_transform_status": None,
        "node_ip": "10.0.0.7",
        "account_id": None,
        "region": None,
        "lb_kind": "alb",
        "_rest": None,
        "_object": "/logs/a.log",
    }
    assert list(found) == [field.name for field in elb_fields.ELB_FIELDS if field.name != "_id"]


V6 = "2001:db8:0:0:0:0:0:1"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        # numbers of fields
        (alb(25), {"error_reason": None, "target_port_list": None, "node_ip": None, "_rest": None}),
        (alb(29), {"classification_reason": None, "conn_trace_id": None}),
        (alb(30), {"conn_trace_id": "TID_1234abcd", "node_ip": None}),
        (alb(36), {"node_ip": "10.0.0.7", "_rest": '["x0","x1"]'}),
        (alb(40), {"_rest": '["x0","x1","x2","x3","x4","x5"]'}),
        (alb(34) + ' "a \\x22b\\x22" -', {"_rest": '["a \\"b\\"",null]'}),
        # missing values and -1
        (alb(target="-", target_status_code="-"), {"target_ip": None, "target_port": None, "target_status_code": None}),
        (alb(target="-", target_processing_time="-1"), {"target_processing_time": -1.0}),
        (alb(elb_status_code="-"), {"elb_status_code": None}),
        (alb(elb_status_code="000"), {"elb_status_code": 0}),
        (alb(matched_rule_priority="-1"), {"matched_rule_priority": -1}),
        (alb(matched_rule_priority="-", request_creation_time="-"), {"matched_rule_priority": None}),
        (alb(domain_name='"-"', user_agent='"-"'), {"domain_name": None, "user_agent": None}),
        (alb(user_agent='""'), {"user_agent": ""}),
        (alb(user_agent='" "'), {"user_agent": " "}),
        (alb(domain_name="-", actions_executed="forward"), {"domain_name": None, "actions_executed": "forward"}),
        (alb(target_group_arn="-"), {"target_group": None}),
        # addresses
        (alb(client="[2001:db8::1]:443"), {"client_ip": V6, "client_port": 443}),
        (alb(client="2001:DB8::1:443"), {"client_ip": V6, "client_port": 443}),
        (alb(client="2001:db8:0:0:0:0:0:1:443"), {"client_ip": V6, "client_port": 443}),
        (alb(client="2001:db8:0:0:0:0:0:1"), {"client_ip": V6, "client_port": None}),
        (alb(client='"203.0.113.7:1"', target='"10.0.0.1:80"'), {"client_ip": "203.0.113.7", "target_port": 80}),
        (alb(client="203.0.113.7"), {"client_ip": "203.0.113.7", "client_port": None}),
        (alb(client="035.249.253.232:1"), {"client_ip": None, "client_port": None}),
        (alb(node="2001:db8::7"), {"node_ip": "2001:db8:0:0:0:0:0:7"}),
        (alb(node="-"), {"node_ip": None}),
        # requests
        (
            alb(request='"- http://host:80- -"', elb_status_code="400"),
            {
                "method": None,
                "host": "host",
                "port": 80,
                "url": None,
                "path": None,
                "http_version": None,
                "request": "- http://host:80- -",
            },
        ),
        (alb(request='"- - - "'), {"method": None, "host": None, "url": None, "request": None}),
        (alb(request='"-"'), {"method": None, "request": None}),
        (
            alb(request='"GET http://h.example:80/a b/c d?e f HTTP/1.1"'),
            {"url": "/a b/c d?e f", "path": "/a b/c d", "query": "e f", "http_version": "HTTP/1.1"},
        ),
        (alb(request='"GET http://h.example:80/?a=\\x22b\\x22 HTTP/1.1"'), {"url": '/?a="b"', "query": 'a="b"'}),
        (alb(request='"GET http://h.example:80/\\x5Cx HTTP/1.1"'), {"url": "/\\x"}),
        (alb(request='"GET http://h.example:80/\\xe3\\x81\\x82\\x0a HTTP/1.1"'), {"url": "/\\xe3\\x81\\x82\\x0a"}),
        (alb(request='"GET http://h.example:80/\\xe3\\x81\\x82 HTTP/1.1"'), {"url": "/あ"}),
        (alb(request='"GET http://h.example:80/あ HTTP/1.1"'), {"url": "/あ"}),
        (
            alb(request='"GET http://h.example:80/a"b"c HTTP/1.1"'),
            {"url": '/a"b"c', "user_agent": "curl/8.5.0", "node_ip": "10.0.0.7"},
        ),
        (alb(request='"GET http://h.example:80/a" "b HTTP/1.1"'), {"url": '/a" "b', "user_agent": "curl/8.5.0"}),
        (alb(request='"GET http://h.example:80/a" b HTTP/1.1"'), {"url": '/a" b', "ssl_protocol": "TLSv1.2"}),
        (alb(user_agent='"a "quoted" agent"'), {"user_agent": 'a "quoted" agent', "domain_name": "www.example.com"}),
        (alb(user_agent='"it is 5" long"'), {"user_agent": 'it is 5" long'}),
        (alb(redirect_url='"https://h:443/a"b?c"'), {"redirect_url": 'https://h:443/a"b?c', "node_ip": "10.0.0.7"}),
        (alb(request='"GET https://[2001:db8::1]:443/ HTTP/2.0"'), {"host": "2001:db8::1", "port": 443, "url": "/"}),
        (alb(request='"GET https://WWW.Example.COM:443/A HTTP/2.0"'), {"host": "www.example.com", "url": "/A"}),
        (alb(request='"GET http://h.example:80 HTTP/1.1"'), {"host": "h.example", "url": None, "path": None}),
        (alb(request='"GET http://h.example/x HTTP/1.1"'), {"host": "h.example", "port": None, "url": "/x"}),
        (alb(request='"OPTIONS http://h.example:80* HTTP/1.1"'), {"method": "OPTIONS", "port": 80, "url": "*"}),
        (alb(request='"GET /only/path HTTP/1.1"'), {"host": None, "scheme": None, "url": "/only/path"}),
        (alb(request='"GET http://h.example:80/no-version"'), {"url": "/no-version", "http_version": None}),
        (alb(request='"GET http://h.example:80/?a?b HTTP/1.1"'), {"path": "/", "query": "a?b"}),
        (alb(request='"GET http://h.example:80/? HTTP/1.1"'), {"path": "/", "query": ""}),
        (alb(request='"WEIRD_M wss://h.example:443/ws HTTP/1.1"', type="wss"), {"method": "WEIRD_M", "scheme": "wss"}),
        # classic load balancers
        (
            classic(),
            {
                "lb_kind": "classic",
                "type": None,
                "lb_name": "my-loadbalancer",
                "lb_id": None,
                "url": "/",
                "target_processing_time": 0.001048,
                "domain_name": None,
                "_rest": None,
            },
        ),
        (classic("arn:x", '"Root=1-2"'), {"_rest": '["arn:x","Root=1-2"]', "ssl_protocol": None}),
        (
            classic(request='"- - - "', user_agent='"-"', elb_status_code="-", target_status_code="-"),
            {"method": None, "request": None, "user_agent": None, "elb_status_code": None, "sent_bytes": 29},
        ),
        (classic(user_agent='"a \\"b\\" c"'), {"user_agent": 'a "b" c'}),
        (classic(user_agent='"a\nb\n\nc"'), {"user_agent": "a\nb\n\nc", "ssl_cipher": None}),
        (classic(user_agent='"a "b" c"', ssl_protocol="TLSv1.2"), {"user_agent": 'a "b" c', "ssl_protocol": "TLSv1.2"}),
        # network load balancers
        (
            NLB,
            {
                "_time": datetime(2018, 12, 20, 2, 59, 40, tzinfo=UTC),
                "lb_name": "my-network",
                "destination_ip": "172.100.100.185",
                "destination_port": 443,
                "connection_time": 5,
                "incoming_tls_alert": None,
                "domain_name": "my-network.éxample.com",
                "alpn_client_preference_list": '"h2","http/1.1"',
                "tls_connection_creation_time": datetime(2018, 12, 20, 2, 59, 30, tzinfo=UTC),
            },
        ),
    ],
)
def test_lines(line: str, wanted: dict[str, Any]) -> None:
    found = row(line)
    assert {name: found[name] for name in wanted} == wanted


def test_bytes_that_are_no_text() -> None:
    assert row(alb(user_agent='"a\xffb"').encode("latin-1"))["user_agent"] == "a\\xffb"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("hello", elb_lines.NO_LOG_LINE),
        ('{"eventVersion": "1.08"}', elb_lines.NO_LOG_LINE),
        (alb(24), elb_lines.ENDS_EARLY),
        (alb()[:200], elb_lines.ENDS_EARLY),
        (classic()[:140], elb_lines.ENDS_EARLY),
        (alb(time="2024-13-01T00:00:00Z"), elb_lines.NO_TIME),
        (alb(time="1066-10-14T00:00:00Z"), elb_lines.NO_TIME),
        (alb(sent_bytes="many"), "sent_bytes is not a number"),
        (alb(sent_bytes=str(2**63)), "sent_bytes is not a number"),
        (alb(elb_status_code=str(2**31)), "elb_status_code is not a number"),
        (alb(target_processing_time="nan"), "target_processing_time is not a number"),
        (alb(elb="-"), elb_lines.NO_NAME),
        (alb(elb="app/../etc"), elb_lines.NO_NAME),
        (alb(user_agent='"' + "x" * (1 << 20) + '"'), elb_lines.TOO_LONG),
    ],
)
def test_lines_put_aside(line: str, reason: str) -> None:
    rows, put_aside, _ = decoded(f"{alb()}\n{line}\n{alb()}\n".encode())
    assert len(rows) == 2
    ((number, found),) = [(item.record, item.reason) for item in put_aside]
    assert (number, found) == (2, reason) or (number == 2 and line == classic()[:140] and found == elb_lines.BAD_QUOTES)
    assert put_aside[0].text == line[:4000]


def test_a_half_line_is_put_aside_and_the_next_one_kept() -> None:
    cut = alb()[:300]
    rows, put_aside, _ = decoded(f"{alb()}\n{cut}\n{alb()}\n".encode())
    assert (len(rows), [item.text for item in put_aside]) == (2, [cut])
    for end in (alb()[:-60], alb(30), alb(33)):
        rows, put_aside, _ = decoded(f"{alb()}\n{alb()}\n{end}".encode())
        assert (len(rows), [item.text for item in put_aside]) == (2, [end])
    rows, put_aside, _ = decoded(f"{alb()}\n{alb()}".encode())
    assert (len(rows), put_aside) == (2, [])


def test_old_and_new_lines_in_one_file() -> None:
    lines = [alb(fields, time=at(i)) for i, fields in enumerate([25, 40, 29, 34] * 50)] + [classic(), NLB]
    rows, put_aside, _ = decoded("\n".join(lines).encode())
    assert (len(rows), put_aside) == (len(lines), [])
    assert len({found["_id"] for found in rows}) == len(lines)


def test_an_odd_address_is_kept_with_a_remark() -> None:
    _, put_aside, _ = decoded(alb(client="035.249.253.232:1").encode())
    assert [(item.reason, item.kept) for item in put_aside] == [("unreadable address of client", True)]


def test_line_feeds_of_windows() -> None:
    rows, put_aside, _ = decoded(f"{alb()}\r\n\r\n{alb()}\r\n".encode())
    assert (len(rows), put_aside) == (2, [])


def test_windows_do_not_cut_records(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [classic(user_agent='"a\nb"' if i % 5 == 0 else '"c"', sent_bytes=str(i)) for i in range(300)]
    whole, _, _ = decoded("\n".join(lines).encode())
    for window in (997, 2500, 10_007):
        monkeypatch.setattr(elb, "WINDOW", window)
        rows, put_aside, _ = decoded("\n".join(lines).encode())
        assert put_aside == []
        assert sorted(found["sent_bytes"] for found in rows) == list(range(300))
        assert {found["_id"] for found in rows} == {found["_id"] for found in whole}


# ── any bytes ────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD = [alb(), alb(29), alb(40), classic(), classic("a", "b"), NLB, CONNECTION, HEALTH_CHECK]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A log line with some of its bytes replaced, cut out or put in."""
    line = bytearray(draw(st.sampled_from(GOOD)).encode())
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(line)))
        end = start + draw(st.sampled_from([0, 1, 2, 40]))
        line[start:end] = draw(st.sampled_from([b'"', b" ", b'" "', b"-", b"\\", b"", b"\xff", b"\x00", b":", b"9e9"]))
    return bytes(line)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(damaged(), st.binary(max_size=60)), max_size=12), st.booleans())
def test_no_line_vanishes_or_stops_the_others(lines: list[bytes], ended: bool) -> None:
    lines = [line.replace(b"\n", b"").replace(b"\r", b"") for line in lines]
    lines = [line for line in lines if line.strip() and line.count(b'"') % 2 == 0]  # an odd one may join the next
    rows, put_aside, skipped = decoded(b"\n".join(lines) + b"\n" * ended)
    broken = [item for item in put_aside if not item.kept and item.record]
    if not b"".join(lines).startswith((b"\x1f\x8b", b"\xef\xbb\xbf")):  # gzip, byte order mark
        assert len(rows) + len(broken) + skipped.total() == len(lines)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes(text: bytes) -> None:
    for whole in (text, gzip.compress(text), gzip.compress(alb().encode() + b"\n" + text)[:-9]):
        decoded(whole)


@settings(max_examples=150)
@given(damaged())
def test_both_ways_read_the_same(line: bytes) -> None:
    """What the fast way takes, the careful way takes for the same."""
    if b"\n" in line or b"\r" in line:
        return
    usual, careful = (elb.Reader(Object("a", 0, "", elb_facts_of("a"))) for _ in range(2))
    try:
        form, names = elb.shape(line + b"\n")
        elb.columns_of(line + b"\n", names, form.name != "nlb")
    except (elb_lines.Misfit, pa.ArrowInvalid):
        return
    usual.read(line + b"\n")
    careful.read_last(line)
    assert [batch.to_pylist() for _, batch in usual.rows] == [batch.to_pylist() for _, batch in careful.rows]


# ── small files ──────────────────────────────────────────────────────────────────────────────────────────────────

Found = tuple[list[tuple[str, dict[str, Any]]], list[int], list[elb.Reject], Counter[Any], Counter[str], int]


def summed(parts: list[elb.Part]) -> Found:
    """All that parts hold, in an order of its own."""
    rows = [(table, row) for part in parts for table, batch in part.rows for row in batch.to_pylist()]
    return (
        sorted(rows, key=lambda found: (found[1]["_object"], found[1]["_id"])),
        sorted(int(time) for part in parts for time in part.times),
        [reject for part in parts for reject in part.rejects],
        sum((part.more for part in parts), Counter()),
        sum((part.skipped for part in parts), Counter()),
        max((part.read_bytes for part in parts), default=0),
    )


def files_of(texts: list[bytes]) -> list[tuple[Object, bytes]]:
    names = [f"/logs/{place % 2 or ''}11122223333_elasticloadbalancing_{place}.log" for place in range(len(texts))]
    return [(Object(name, len(t), "", elb_facts_of(name)), t) for name, t in zip(names, texts, strict=True)]


def assert_together_is_as_alone(texts: list[bytes]) -> None:
    files = files_of(texts)
    together: dict[str, list[elb.Part]] = {}
    for item, part in elb.decode_small(files):
        together.setdefault(item.name, []).append(part)
    alone = {item.name: list(elb.decode(io.BytesIO(data), item)) for item, data in files}
    assert together.keys() == alone.keys()
    assert (
        summed([part for parts in together.values() for part in parts])[0]
        == summed([part for parts in alone.values() for part in parts])[0]
    ), "the rows of files that are read together are in the part of one of them"
    for name, parts in together.items():
        assert summed(parts)[1:] == summed(alone[name])[1:]


def test_small_files_are_read_together_as_each_alone() -> None:
    usual = "\n".join([*(alb(sent_bytes=str(i)) for i in range(20)), ""]).encode()
    assert_together_is_as_alone(
        [
            usual,
            gzip.compress(usual),
            f"{classic()}\n".encode() * 3,
            f"{NLB}\n".encode(),
            f"{alb(29)}\n".encode(),
            f"{alb()}\nhalf a line\n".encode(),
            f"{alb()}".encode(),
            gzip.compress(usual)[:-20],
            b"",
            b"\n\n",
            f"{CONNECTION}\n{alb()}\n".encode(),
        ]
    )


def test_usual_files_are_decoded_in_one_go() -> None:
    parts = [part for _, part in elb.decode_small(files_of([f"{alb()}\n".encode() * 5] * 4))]
    assert [len(part.times) for part in parts] == [5, 5, 5, 5]
    assert [batch.num_rows for part in parts for _, batch in part.rows] == [20]


def test_files_read_together_are_no_more_than_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{alb()}\n".encode() * 5
    monkeypatch.setattr(elb, "WINDOW", 2 * len(text))
    parts = [part for _, part in elb.decode_small(files_of([text] * 5))]
    assert [batch.num_rows for part in parts for _, batch in part.rows] == [10, 10, 5]


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.one_of(st.sampled_from(GOOD).map(str.encode), damaged()), max_size=4), max_size=6))
def test_any_small_files_are_read_together_as_each_alone(files: list[list[bytes]]) -> None:
    assert_together_is_as_alone([b"".join(line + b"\n" for line in lines) for lines in files])
