"""Real access logs of a classic and an application load balancer: the engine's answers against ones from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from engine import Engine
from tests.panels import PANELS
from tests.real import REAL, expected, needs_real

pytestmark = needs_real
CLOCKS = {
    "classic": datetime(2015, 11, 7, 18, 46, tzinfo=UTC),
    "alb": datetime(2022, 7, 5, 4, 49, tzinfo=UTC),
}


class Case:
    """A log in a lake of its own, with its answers."""

    def __init__(self, kind: str, lake: Any) -> None:
        self.answers: dict[str, Any] = expected()[f"elb_{kind}"]
        self.engine = Engine(lake, now=CLOCKS[kind])
        self.report = self.engine.collect("elb", str(REAL / "elb" / f"{kind}.log"))

    def panel(self, name: str) -> pd.DataFrame:
        return self.engine.run(PANELS[name])

    def pairs(self, query: str) -> list[list[Any]]:
        return pairs(self.engine.run(f"table aws-elb_* | {query}"))


@pytest.fixture(scope="module", params=list(CLOCKS))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(request.param, tmp_path_factory.mktemp("lake"))


def pairs(frame: pd.DataFrame) -> list[list[Any]]:
    return [[None if pd.isna(value) else value for value in row] for row in frame.to_numpy().tolist()]


def utc(time: pd.Timestamp) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def long(frame: pd.DataFrame) -> list[list[Any]]:
    """A chart's columns as rows of time, series, value."""
    rows = frame.melt("_time", value_name="value").dropna(subset="value")
    return sorted([utc(time), name, value] for time, name, value in rows.itertuples(index=False))


def test_every_line_is_there(case: Case) -> None:
    assert (case.report.events, case.report.rejects, case.report.remarks) == (case.answers["rows"], {}, {})
    frame = case.engine.run("table aws-elb_* | stats count, min(_time) as first, max(_time) as last")
    row = frame.iloc[0]
    assert row["count"] == case.answers["rows"]
    assert [row["first"], row["last"]] == [pd.Timestamp(time) for time in case.answers["time"]]


def test_methods(case: Case) -> None:
    assert pairs(case.panel("S1")) == case.answers["method_counts"]


def test_processing_times(case: Case) -> None:
    frame = case.panel("S2").set_index("target_ip")
    found = {
        server: {"n": row["count"], "min": row["min"], "max": row["max"], "q": [row[f"iqr{i}"] for i in (1, 2, 3)]}
        for server, row in frame.iterrows()
    }
    wanted = {
        server: {"n": box["n"], "min": box["min"], "max": box["max"], "q": box["q_araqne"]}
        for server, box in case.answers["boxplot_target_time"].items()
    }
    assert found == wanted


def test_slowest_responses(case: Case) -> None:
    assert long(case.panel("S3")) == case.answers["max_target_time_10m"]


@pytest.mark.parametrize(
    ("panel", "answer", "column"), [("S4", "top_upload", "received_bytes"), ("S5", "top_download", "sent_bytes")]
)
def test_clients_by_traffic(case: Case, panel: str, answer: str, column: str) -> None:
    found = pairs(case.panel(panel))
    assert [number for _, number in found] == [number for _, number in case.answers[answer]]
    sums = dict(case.pairs(f"stats sum({column}) by client_ip"))
    assert {client: sums[client] for client, _ in case.answers[answer]} == dict(case.answers[answer])
    assert sum(sums.values()) == case.answers[f"sum_{column.split('_')[0]}"]


@pytest.mark.parametrize(("panel", "column"), [("S6", "received_bytes"), ("S7", "sent_bytes")])
def test_traffic_over_time(case: Case, panel: str, column: str) -> None:
    assert long(case.panel(panel)) == case.answers[f"timechart_10m_{column}"]


def test_clients_with_errors(case: Case) -> None:
    assert pairs(case.panel("E1")) == case.answers["error_dc_path_by_client"]
    top = case.panel("E2").iloc[0]
    assert [top["client_ip"], top["count"]] == case.answers["error_dc_path_by_client"][0]
    urls = set(top["url"].split("\n"))
    assert len(urls) == top["count"]
    assert {"/" + url.split("/", 3)[3] for url in case.answers["error_urls_of_top_client"]} <= urls


def test_hosts(case: Case) -> None:
    assert sorted(pairs(case.panel("E3"))) == sorted(case.answers["host_counts"])


def test_visitors_without_a_served_name(case: Case) -> None:
    frame = case.panel("E4")
    assert len(frame) == min(300, case.answers["domain_name_null_rows"])
    assert list(frame.columns) == PANELS["E4"].split("fields ")[1].split("\n")[0].split(", ")


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("stats count by elb_status_code | sort -count", "status_counts"),
        ("search elb_status_code >= 400 | stats count by client_ip", "error_rows_by_client"),
        ("stats count by ssl_protocol", "tls"),
    ],
)
def test_counts_by_field(case: Case, query: str, answer: str) -> None:
    assert sorted(case.pairs(query), key=str) == sorted(case.answers[answer], key=str)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("stats dc(client_ip)", "distinct_client_ip"),
        ("eval u = concat(scheme, host, string(port), url) | stats dc(u)", "distinct_url"),
        ("search isnull(target_ip) | stats count", "target_ip_null"),
        ("search isnull(user_agent) | stats count", "user_agent_null"),
        ("search elb_status_code >= 400 | stats count", "error_rows"),
    ],
)
def test_single_numbers(case: Case, query: str, answer: str) -> None:
    assert case.pairs(query) == [[case.answers[answer]]]
