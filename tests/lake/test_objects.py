"""What names tell, and the order in which objects are read."""

import pytest

from engine.lake.objects import UNKNOWN_DAY, discover, elb_facts_of, facts_of, objects

ONE = "111122223333"
NAME = "111122223333_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz"
DIGEST = "111122223333_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20230710T114218Z.json.gz"


@pytest.mark.parametrize(
    ("path", "kind", "account", "region", "day"),
    [
        (f"/AWSLogs/{ONE}/CloudTrail/us-east-1/2023/07/10/{NAME}", "", ONE, "us-east-1", "2023-07-10"),
        (f"/p/AWSLogs/o-a1b2/{ONE}/CloudTrail/us-gov-west-1/2023/07/10/a.json", "", ONE, "us-gov-west-1", "2023-07-10"),
        (f"/data/{NAME}", "", ONE, "us-east-1", "2023-07-10"),
        (f"/data/{DIGEST}", "-Digest", ONE, "eu-west-1", "2023-07-10"),
        (f"/AWSLogs/{ONE}/CloudTrail-Digest/eu-west-1/2023/07/11/{DIGEST}", "-Digest", ONE, "eu-west-1", "2023-07-11"),
        (f"/{ONE}/CloudTrail-Insight/us-east-1/2023/07/10/a.json", "-Insight", ONE, "us-east-1", "2023-07-10"),
        ("/x/CloudTrail-NetworkActivity/a.json", "-NetworkActivity", None, None, UNKNOWN_DAY),
        ("/x/CloudTrail-Aggregated/eu-west-1/2025/12/01/a.json", "-Aggregated", None, "eu-west-1", "2025-12-01"),
        ("/x/CloudTrail/a.json", "", None, None, UNKNOWN_DAY),
        ("/home/2023/cloudtrail/a.json", "", None, None, UNKNOWN_DAY),
        ("/logs/2023/07/10/a.json", "", None, None, "2023-07-10"),
    ],
)
def test_facts(path, kind, account, region, day):
    facts = facts_of(path)
    assert (facts.kind, facts.account, facts.region, facts.day) == (f"CloudTrail{kind}", account, region, day)


@pytest.mark.parametrize("time", ["20239999T9999Z", "20230229T0000Z", "20230710T2460Z", "00000101T0000Z"])
def test_a_time_of_no_calendar_is_unknown(time):
    facts = facts_of(f"/data/{ONE}_CloudTrail_us-east-1_{time}_x.json.gz")
    assert (facts.account, facts.day, facts.delivered) == (ONE, UNKNOWN_DAY, None)
    facts = elb_facts_of(f"/data/{ONE}_elasticloadbalancing_us-east-1_app.web.1_{time}_10.0.0.1_x.log.gz")
    assert (facts.load_balancer, facts.day, facts.delivered) == ("web", UNKNOWN_DAY, None)


def test_newest_days_come_first(tmp_path):
    for day in ("09", "11", "10"):
        for account in ("111122223333", "444455556666"):
            folder = tmp_path / f"AWSLogs/{account}/CloudTrail/us-east-1/2023/07/{day}"
            folder.mkdir(parents=True)
            for minute in ("05", "10"):
                (folder / f"{account}_CloudTrail_us-east-1_202307{day}T00{minute}Z_x.json.gz").write_bytes(b"x")
    folders = discover(str(tmp_path))
    assert [folder.day for folder in folders] == ["2023-07-11"] * 2 + ["2023-07-10"] * 2 + ["2023-07-09"] * 2
    assert sum(folder.files for folder in folders) == sum(folder.bytes for folder in folders) == 12
    first = list(objects(folders[0]))
    assert [item.facts.delivered.minute for item in first] == [10, 5]


def test_files_of_a_flat_folder_are_in_order_too(tmp_path):
    for day in ("09", "11", "10"):
        (tmp_path / f"111122223333_CloudTrail_us-east-1_202307{day}T0005Z_x.json").write_bytes(b"x")
    (folder,) = discover(str(tmp_path))
    assert folder.day == "2023-07-11"
    assert [item.facts.day for item in objects(folder)] == ["2023-07-11", "2023-07-10", "2023-07-09"]
