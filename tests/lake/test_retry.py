"""Rejects, tried again: objects that were mended or read better now, texts whose objects are gone."""

from __future__ import annotations

import gzip
import json
import threading

import pytest

from engine.lake import retry as retrying
from engine.lake.collect import collect
from engine.lake.coverage import coverage, rejects
from engine.lake.retry import retry
from engine.lake.store import Lake
from engine.language.errors import LakeError
from tests.lake import elb_logs
from tests.lake.logs import START, event, key, select, write


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


def numbers(lake):
    return [number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t ORDER BY 1")]


@pytest.fixture
def cut(lake, logs):
    """A file that broke off while it was copied, its whole content, and a file with a line that stays broken."""
    whole = gzip.compress(json.dumps({"Records": [event(n) for n in range(1000)]}).encode())
    path = write(logs / key(START, "cut"), [])
    path.write_bytes(whole[: len(whole) // 2])
    write(logs / key(START, "odd"), [event(5000), 7])
    collect(lake, "cloudtrail", str(logs))
    assert len(rejects(lake)) == 2
    return path, whole


def test_an_object_that_was_mended_is_read_again(lake, logs, cut):
    path, whole = cut
    before = len(numbers(lake))
    assert retry(lake).events == 0, "nothing has changed yet"
    assert len(rejects(lake)) == 2
    path.write_bytes(whole)
    report = retry(lake)
    assert (report.objects, report.events, report.cleared, report.left) == (2, 1001 - before, 1, 1)
    assert numbers(lake) == [*range(1000), 5000]
    assert rejects(lake)["text"].tolist() == ["7"]
    assert coverage(lake)["rejects"].sum() == 1
    assert coverage(lake)["objects"].sum() == 2
    assert coverage(lake)["duplicates"].sum() == 0, "what it brought before is not delivered again"
    assert collect(lake, "cloudtrail", str(logs)).collected == 0
    assert "1 left" in str(report)


def test_one_object_of_several(lake, cut):
    path, whole = cut
    path.write_bytes(whole)
    odd = next(name for name in rejects(lake)["object"] if "odd" in name)
    assert (retry(lake, [odd]).objects, len(rejects(lake))) == (1, 2)
    assert retry(lake, [str(path)]).cleared == 1


def test_what_a_newer_decoder_reads_comes_from_the_text_when_the_object_is_gone(lake, logs, monkeypatch):
    path = write(logs / key(START, "a"), [event(1), event(2, eventTime="soon"), event(3, eventTime="later")])
    collect(lake, "cloudtrail", str(logs))
    assert numbers(lake) == [1]
    path.unlink()
    report = retry(lake)
    assert report.failed
    assert report.failed[0][0] == str(path)
    assert report.left == 2
    put_aside = retrying.put_aside

    def mended(*arguments):  # as if this version could read what the older one could not
        found = put_aside(*arguments)
        for row in found.get(str(path), [])[:1]:
            row["text"] = row["text"].replace("soon", "2024-05-01T00:00:01Z")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(retrying, "put_aside", mended)
        report = retry(lake)
    assert (report.events, report.cleared) == (1, 1)
    assert numbers(lake) == [1, 2]
    assert "later" in rejects(lake)["text"].item()
    assert coverage(lake)[["rows", "objects", "rejects"]].sum().tolist() == [2, 1, 1]


def test_a_retry_that_dies_before_the_rejects_are_removed_is_finished_by_the_next(lake, cut, monkeypatch):
    path, whole = cut
    path.write_bytes(whole)

    def killed(*_, **__):
        raise LakeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(retrying, "remove", killed)
        with pytest.raises(LakeError):
            retry(lake)
    assert numbers(lake) == [*range(1000), 5000]
    assert len(rejects(lake)) == 2
    report = retry(lake)
    assert (report.events, report.cleared, report.left) == (0, 1, 1)


def test_with_nothing_put_aside_nothing_is_done(lake):
    version = lake.snapshot("_rejects")
    assert str(retry(lake)).startswith("0 objects tried again")
    assert lake.snapshot("_rejects") == version
    cancel = threading.Event()
    cancel.set()
    assert retry(lake, cancel=cancel).cancelled


def test_lines_of_load_balancers(lake, logs):
    path = elb_logs.write(logs / elb_logs.key("a", "app.web.1"), elb_logs.alb(elb="app/web/1"), "broken")
    collect(lake, "elb", str(logs))
    assert len(rejects(lake)) == 1
    elb_logs.write(path, elb_logs.alb(elb="app/web/1"), elb_logs.alb(elb="app/web/1", target_status_code="503"))
    report = retry(lake)
    assert (report.events, report.cleared, report.left) == (1, 1, 0)
