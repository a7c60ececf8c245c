"""Access logs of the load balancers: layout, rhythm, and lines with all the traps of real ones."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from engine.demo.company import BERLIN_REGION, PROD, SEOUL, SEOUL_REGION
from engine.demo.elb.generate import write_access_logs
from engine.geo import Geo
from tests.demo.access_logs import KEY, Line, all_lines, fields, is_half, lines_of, log_paths, target_seconds, time_of
from tests.demo.conftest import SUNDAY_NIGHT, WEDNESDAY, Sample

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Balanced = dict[str, list[Line]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("access")
    write_access_logs(folder, WEDNESDAY, 2)
    return folder


@pytest.fixture(scope="module")
def lines(folder: Path) -> Balanced:
    """Two days of lines by load balancer."""
    found: Balanced = {}
    for text in all_lines(folder):
        line = fields(text)
        found.setdefault(line["elb"].split("/")[-2] if "/" in line["elb"] else line["elb"], []).append(line)
    return found


@pytest.fixture(scope="module")
def alb(lines: Balanced) -> list[Line]:
    return lines["shop-web"] + lines["api-eu"]


def test_files_lie_where_load_balancers_put_them(folder: Path) -> None:
    places = set()
    for path in log_paths(folder):
        key = KEY.fullmatch(path.relative_to(folder).as_posix())
        assert key, path
        assert bool(key["gz"]) == bool(key["name"])
        end = datetime.strptime(key["end"], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        assert key["day"] == f"{end:%Y/%m/%d}"
        assert end.minute % 5 == 0
        assert end < WEDNESDAY
        places.add((key["account"], key["region"], key["name"] or key["elb"]))
        for line in map(fields, (text for text in lines_of(path) if not is_half(text))):
            assert line["elb"].replace("/", ".") == key["elb"]
            assert end - 4 * HOUR <= time_of(line) < end
            assert line.get("node_ip", key["node"]) == key["node"]
    assert places == {
        (PROD, SEOUL_REGION, "shop-web"), (PROD, BERLIN_REGION, "api-eu"), (PROD, SEOUL_REGION, "store-terminals"),
    }  # fmt: skip


def test_load_balancers_left_their_test_file_and_one_half_written_line(folder: Path) -> None:
    assert [path.name for path in folder.rglob("ELB*")] == ["ELBAccessLogTestFile"]
    assert sum(is_half(line) for path in log_paths(folder) for line in lines_of(path)) == 1


def test_every_field_is_of_its_form(alb: list[Line]) -> None:
    for line in alb:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["request_creation_time"])
        assert line["request_creation_time"] < line["time"]
        address, _, port = line["client"].rpartition(":")
        assert ip_address(address).is_global
        assert int(port) > 1023
        assert int(line["received_bytes"]) >= 0 < int(line["sent_bytes"])
        assert line["elb_status_code"].isdigit()
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}|-", line["trace_id"])
        assert re.fullmatch(r"TID_[0-9a-f]{32}", line["conn_trace_id"])
        assert (line["target_list"], line["target_status_code_list"]) == (line["target"], line["target_status_code"])
        assert (line["ssl_cipher"] == "-") == (line["type"] in ("http", "ws"))
        assert (line["chosen_cert_arn"] == "-") == (line["ssl_cipher"] == "-")


def test_what_was_answered_by_a_server_has_times_and_what_was_not_has_none(alb: list[Line]) -> None:
    for line in alb:
        answered = target_seconds(line) >= 0
        function = "targetgroup/delivery-slots" in line["target_group_arn"]
        assert answered == (line["target_status_code"] != "-" or (function and line["elb_status_code"] == "200"))
        assert answered <= (line["target_group_arn"] != "-")
        if line["target"] == "-" and not function:
            assert target_seconds(line) == float(line["request_processing_time"]) == -1
        if line["elb_status_code"] in ("460", "502", "503", "504"):
            assert not answered
    assert any(line["target_processing_time"] == "0.000" for line in alb)


def test_all_kinds_of_requests_are_there(alb: list[Line]) -> None:
    assert {line["type"] for line in alb} == {"http", "https", "h2", "wss", "grpcs"}
    assert {line["actions_executed"] for line in alb} == {
        "-", "waf", "waf,forward", "forward", "authenticate,forward", "redirect", "fixed-response",
    }  # fmt: skip
    assert {line["elb_status_code"] for line in alb} >= {
        "101", "200", "201", "204", "301", "302", "304", "400", "401", "402", "403", "404", "413", "429", "460", "500",
        "502", "504",
    }  # fmt: skip
    assert {line["request"].split()[0] for line in alb} >= {
        "-", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND", "TRACE", "CONNECT",
    }  # fmt: skip
    assert {line["error_reason"] for line in alb} == {"-", "LambdaUnhandled"}


def test_redirects_lead_to_https_and_blocks_to_nowhere(alb: list[Line]) -> None:
    for line in alb:
        assert (line["redirect_url"] != "-") == (line["actions_executed"] == "redirect")
        if line["actions_executed"] == "redirect":
            assert line["elb_status_code"] in ("301", "302")
            assert line["redirect_url"].startswith("https://shop.moonrabbit.example:443/")
        if line["actions_executed"] == "waf":
            assert (line["elb_status_code"], line["target"], line["target_status_code"]) == ("403", "-", "-")


def test_names_are_known_to_tls_only(alb: list[Line]) -> None:
    names = Counter(line["domain_name"] for line in alb if line["ssl_cipher"] != "-")
    assert names.keys() == {
        "-", "shop.moonrabbit.example", "api.moonrabbit.example", "stock.moonrabbit.example",
    }  # fmt: skip
    assert {line["domain_name"] for line in alb if line["ssl_cipher"] == "-"} == {"-"}
    by_address = [line for line in alb if re.search(r" https?://\d+\.\d+\.\d+\.\d+:", line["request"])]
    assert len(by_address) > 100
    assert {line["domain_name"] for line in by_address} == {"-"}


def test_lines_have_the_traps_of_real_ones(lines: Balanced) -> None:
    shop, terminals = lines["shop-web"], lines["store-terminals"]
    assert any(r"\x22" in line["user_agent"] for line in shop)
    assert any(line["user_agent"] == "-" for line in shop)
    spaced = [line for line in shop if line["classification_reason"] == "SpaceInUri"]
    assert spaced
    assert all(line["request"].count(" ") > 2 for line in spaced)
    assert any(re.fullmatch(r"- http://[^ ]+:80- -", line["request"]) for line in shop)
    assert any(line["client"].count(":") > 3 for line in shop)
    assert any(r"\"" in line["user_agent"] for line in terminals)
    silent = [line for line in terminals if line["request"] == "- - - "]
    assert silent
    assert {(line["elb_status_code"], line["target_status_code"], line["user_agent"]) for line in silent} == {
        ("-", "-", "-")
    }


def test_clients_come_from_the_intended_countries(lines: Balanced) -> None:
    geo = Geo.open()
    countries: dict[str, set[str | None]] = {}
    for name, found in lines.items():
        addresses = {line["client"].rpartition(":")[0] for line in found}
        countries[name] = {facts.country for address in addresses if (facts := geo.lookup(address))}
    assert countries["store-terminals"] == {"KR"}
    assert countries["shop-web"] >= {"KR", "DE", "US", "AU", "JP", "SG", "NL", "IN", "PL"}
    assert countries["api-eu"] >= {"DE", "FR", "GB", "PL", "US", "KR"}


def test_two_weeks_are_three_hundred_thousand_lines_in_little_space(two_weeks: Sample) -> None:
    paths = log_paths(two_weeks.folder / "logs")
    hours: Counter[str] = Counter()
    for text in all_lines(two_weeks.folder / "logs"):
        start = text.find("20") if text[0] != "2" else 0
        hours[text[start : start + 13]] += 1
    assert 290_000 < hours.total() < 320_000
    assert 900 < len(paths) < 1500
    assert sum(path.stat().st_size for path in paths) < 40e6
    assert len(hours) == 14 * 24 + 1  # the first and the last are not whole
    assert min(hours.values()) > 20


def test_the_shop_is_busy_in_the_evening_and_never_silent(lines: Balanced) -> None:
    by_hour: Counter[int] = Counter()
    for line in lines["shop-web"]:
        by_hour[time_of(line).astimezone(SEOUL.zone).hour] += 1
    assert by_hour[19] > 4 * by_hour[3] > 100
    newest = max(time_of(line) for found in lines.values() for line in found)
    assert MINUTE < WEDNESDAY - newest < 8 * MINUTE


@pytest.mark.parametrize("now", [WEDNESDAY, SUNDAY_NIGHT])
def test_the_same_now_gives_the_same_files(tmp_path: Path, now: datetime) -> None:
    contents = []
    for name in ("first", "second"):
        write_access_logs(tmp_path / name, now, 1)
        contents.append({path.relative_to(tmp_path / name): path.read_bytes() for path in log_paths(tmp_path / name)})
    assert contents[0] == contents[1]


def test_ordinary_days_are_the_same_whenever_they_are_looked_at(tmp_path: Path) -> None:
    def terminals(now: datetime) -> list[str]:
        """An afternoon of a load balancer that no incident touches."""
        folder = tmp_path / f"{now:%H}"
        write_access_logs(folder, now, 2)
        found = [text for text in all_lines(folder) if " store-terminals " in text]
        return [text for text in found if WEDNESDAY - DAY < time_of(fields(text)) < WEDNESDAY - DAY / 2]

    assert sorted(terminals(WEDNESDAY)) == sorted(terminals(WEDNESDAY + 2 * HOUR))
