"""Every panel about load balancers has something true to show, whatever the hour."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from engine import Engine
from engine.demo.elb.generate import write_access_logs
from engine.demo.elb.incidents import (
    DOWNLOADER_ADDRESS,
    FOREIGN_HOST,
    SCANNER_ADDRESS,
    SLOW_TARGET,
    UPLOADER_ADDRESS,
)
from engine.lake.collect import collect
from engine.lake.store import Lake
from tests.demo.conftest import NEW_YEAR, SUNDAY_NIGHT, WEDNESDAY
from tests.panels import PANELS

ABOUT_LOAD_BALANCERS = [name for name in PANELS if name[0] in "SE"]
SLOW_ADDRESS = SLOW_TARGET.split(":")[0]
LATER = timedelta(hours=11, minutes=50)  # just before the sample data are made anew
NOWS = [(WEDNESDAY.replace(hour=8), timedelta()), (SUNDAY_NIGHT, timedelta()), (NEW_YEAR, LATER)]

Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module", params=NOWS, ids=lambda param: f"{param[0]:%a %H}+{param[1].seconds // 3600}h")
def frames(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """What the panels show."""
    made, later = request.param
    folder = tmp_path_factory.mktemp("panels")
    write_access_logs(folder / "logs", made, 1)
    lake = Lake.open(folder / "lake", create=True)
    collect(lake, "elb", str(folder / "logs"))
    engine = Engine(lake, now=made + later, timezone="Asia/Seoul")
    return {name: engine.run(PANELS[name]) for name in ABOUT_LOAD_BALANCERS}


def test_no_panel_is_empty(frames: Frames) -> None:
    assert all(len(frame) > 2 for frame in frames.values()), {name: len(frame) for name, frame in frames.items()}


def test_methods_that_only_scanners_use_stand_out(frames: Frames) -> None:
    methods = frames["S1"].set_index("method")["count"]
    assert methods.index[0] == "GET"
    assert {"POST", "PUT", "PROPFIND", "TRACE"} <= {*methods.index}


def test_one_server_is_slower_than_its_peers(frames: Frames) -> None:
    third = frames["S2"].set_index("target_ip")["iqr3"]
    peers = [third[address] for address in ("10.20.1.21", "10.20.3.23")]
    assert third[SLOW_ADDRESS] > 0.5 > 0.2 > max(peers)
    slowest = frames["S3"].set_index("_time").max()
    assert slowest[SLOW_ADDRESS] > 5 > 1 > slowest["10.20.1.21"]


def test_one_client_uploads_too_much_and_one_downloads_too_much(frames: Frames) -> None:
    up, down = frames["S4"].iloc[0], frames["S5"].iloc[0]
    assert up["client_ip"] == UPLOADER_ADDRESS
    assert 1e9 < up["bytes"] < 10e9
    assert down["client_ip"] == DOWNLOADER_ADDRESS
    assert 5e9 < down["bytes"] < 50e9


def test_traffic_of_every_server_is_drawn(frames: Frames) -> None:
    for name in ("S6", "S7"):
        assert len(frames[name]) > 70  # of ten minutes
        assert len(frames[name].columns) > 9


def test_the_scanner_leads_the_clients_with_errors(frames: Frames) -> None:
    errors = frames["E1"]
    assert len(errors) == 20
    assert errors.iloc[0]["client_ip"] == SCANNER_ADDRESS
    assert errors.iloc[0]["count"] > 350 > 50 > errors.iloc[1]["count"]
    listed = frames["E2"].iloc[0]
    assert (listed["client_ip"], listed["country"]) == (SCANNER_ADDRESS, "NL")
    assert "/.env" in listed["url"].split("\n")


def test_foreign_hosts_and_addresses_stand_among_the_own_names(frames: Frames) -> None:
    hosts = frames["E3"].set_index("host")["count"]
    assert hosts.index[0] == "shop.moonrabbit.example"
    assert {FOREIGN_HOST, "localhost", "3.34.99.21", "api.moonrabbit.example"} <= {*hosts.index.dropna()}


def test_requests_without_a_name_are_listed(frames: Frames) -> None:
    listed = frames["E4"]
    assert len(listed) == 300
    assert listed["domain_name"].isna().all()
