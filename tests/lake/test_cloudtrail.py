"""Decoding of CloudTrail files, sound and unsound."""

import gzip
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.lake import cloudtrail, records
from engine.lake.cloudtrail import DOCUMENT_FIELDS, FIELDS, SCHEMA, decode, to_batch

TIME = "2024-05-01T10:00:00Z"


def event(number=0, **fields):
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": "mina", "accountId": "111122223333"},
        "eventTime": TIME,
        "eventName": f"Describe{number}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": {"n": number, "filter": [{"a": '}{]["'}]},
        "responseElements": None,
        "recipientAccountId": "111122223333",
        "eventID": f"293ba626-3be5-4a26-ab1b-{number:012d}",
    } | fields


def read(data):
    """Rows and rejects of a file."""
    parts = list(decode(io.BytesIO(data)))
    rows = to_batch([("here", part) for part in parts]).to_pylist()
    return rows, [reject for part in parts for reject in part.rejects]


def names(rows):
    return [row["eventName"] for row in rows]


def dumps(value, **options):
    return json.dumps(value, **options).encode()


EVENTS = [event(i) for i in range(3)]
SHAPES = {
    "envelope": dumps({"Records": EVENTS}),
    "pretty envelope": dumps({"Records": EVENTS}, indent=2),
    "envelope with more": dumps({"version": 1, "Records": EVENTS, "next": None}),
    "list": dumps(EVENTS),
    "pretty list": b"\n\n" + dumps(EVENTS, indent=1),
    "lines": b"\n".join(map(dumps, EVENTS)),
    "lines with blanks": b"\r\n\r\n".join(map(dumps, EVENTS)) + b"\r\n",
    "byte order mark": b"\xef\xbb\xbf" + dumps({"Records": EVENTS}),
    "envelopes in lines": b"\n".join(dumps({"Records": [item]}) for item in EVENTS),
    "envelopes one after the other": dumps({"Records": EVENTS[:1]}) + dumps({"Records": EVENTS[1:]}),
    "pretty objects one after the other": b"\n".join(dumps(item, indent=2) for item in EVENTS),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_shapes_give_the_same_events(shape, pack):
    rows, rejects = read(pack(SHAPES[shape]))
    assert names(rows) == ["Describe0", "Describe1", "Describe2"]
    assert rejects == []


def test_a_single_object_is_one_event():
    assert names(read(dumps(event(7)))[0]) == ["Describe7"]
    assert names(read(dumps(event(7), indent=4))[0]) == ["Describe7"]


def test_values_of_an_event():
    ((row,), rejects) = read(
        dumps(
            {
                "Records": [
                    event(
                        eventTime="2024-05-01T10:00:00Z",
                        readOnly="true",
                        managementEvent=False,
                        sessionCredentialFromConsole="true",
                        resources=[{"ARN": "arn:aws:s3:::b", "accountId": "1", "type": "AWS::S3::Bucket"}],
                        userIdentity={
                            "type": "AssumedRole",
                            "sessionContext": {"attributes": {"mfaAuthenticated": "false"}, "sessionIssuer": {}},
                        },
                    )
                ]
            }
        )
    )
    assert rejects == []
    assert row["_time"] == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert row["eventTime"] == TIME
    assert row["readOnly"] is True
    assert row["managementEvent"] is False
    assert row["sessionCredentialFromConsole"] == "true"
    assert row["requestParameters"] == '{"n": 0, "filter": [{"a": "}{][\\""}]}'
    assert row["responseElements"] is None
    assert row["additionalEventData"] is None
    assert row["resources"][0]["ARN"] == "arn:aws:s3:::b"
    session = row["userIdentity"]["sessionContext"]
    assert session["attributes"]["mfaAuthenticated"] == "false"
    assert session["webIdFederationData"] is None
    assert session["sessionIssuer"]["arn"] is None
    assert row["_object"] == "here"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00.25Z", datetime(2024, 5, 1, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("2024-05-01T19:00:00+09:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01 10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
    ],
)
def test_times(text, instant):
    ((row,), rejects) = read(dumps([event(eventTime=text)]))
    assert row["_time"] == instant
    assert row["eventTime"] == text
    assert rejects == []


@pytest.mark.parametrize(
    "time", [None, "", "yesterday", 1714557600, "9999-12-31T00:00:00Z", "1066-10-14T09:00:00Z", {}]
)
def test_a_record_without_usable_time_is_put_aside(time):
    rows, (reject,) = read(dumps({"Records": [event(0), event(1, eventTime=time), event(2)]}))
    assert names(rows) == ["Describe0", "Describe2"]
    assert (reject.record, reject.reason, reject.kept) == (2, cloudtrail.NO_TIME, False)
    assert json.loads(reject.text)["eventID"].endswith("1")


def test_unknown_fields_are_kept():
    unknown = {"newThing": {"a": [1]}, "other": None}
    who = {"type": "Root", "newKey": 5, "sessionContext": {"fresh": "x", "attributes": {"y": 1}}}
    ((row,), rejects) = read(dumps([event(**unknown, userIdentity=who)]))
    assert rejects == []
    assert json.loads(row["_rest"]) == unknown
    assert json.loads(row["userIdentity"]["_rest"]) == {"newKey": 5}
    assert json.loads(row["userIdentity"]["sessionContext"]["_rest"]) == {"fresh": "x"}
    assert json.loads(row["userIdentity"]["sessionContext"]["attributes"]["_rest"]) == {"y": 1}
    assert row["userIdentity"]["type"] == "Root"


def test_fields_met_before_are_kept_as_well():
    def novel(number):
        return event(number, eventID=None, **({"zebra": number} if number else {}), ant={"b": None})

    first = read(dumps([novel(n) for n in range(3)]))  # record by record
    second = read(dumps([novel(n) for n in range(3)]))  # all at once
    assert first == second
    assert [row["_rest"] for row in second[0]] == [
        '{"ant":{"b": null}}',
        '{"ant":{"b": null},"zebra":1}',
        '{"ant":{"b": null},"zebra":2}',
    ]
    assert read(dumps([event(1, eventID=None)]))[0][0]["_rest"] is None


def test_more_novel_fields_than_can_be_learned():
    rows, _ = read(dumps([event(n, **{f"novel{n}_{i}": i for i in range(20)}) for n in range(8)]))
    assert [len(json.loads(row["_rest"])) for row in rows] == [20] * 8


def test_unknown_keys_of_the_identity_alone_stay_on_the_fast_path():
    part = next(decode(io.BytesIO(dumps([event(userIdentity={"type": "Root", "newKey": 5})]))))
    assert json.loads(part.events[0].userIdentity._rest) == {"newKey": 5}


@pytest.mark.parametrize(
    ("field", "value", "column", "rest"),
    [
        ("eventName", 5, "5", None),
        ("errorCode", {"a": 1}, '{"a": 1}', None),
        ("userAgent", ["x"], '["x"]', None),
        ("sessionCredentialFromConsole", True, "true", None),
        ("readOnly", "perhaps", None, '{"readOnly":"perhaps"}'),
        ("readOnly", 1, None, '{"readOnly":1}'),
        ("userIdentity", "anonymous", None, '{"userIdentity":"anonymous"}'),
        ("resources", {"ARN": "x"}, None, '{"resources":{"ARN": "x"}}'),
        ("resources", ["x"], None, '{"resources":["x"]}'),
        ("requestParameters", "text", '"text"', None),
        ("requestParameters", 0, "0", None),
    ],
)
def test_a_value_of_another_type_costs_nothing_but_a_remark(field, value, column, rest):
    rows, rejects = read(dumps({"Records": [event(0), event(1, **{field: value})]}))
    assert len(rows) == 2
    assert rows[1][field] == column
    assert rows[1]["_rest"] == rest
    odd = [(item.record, item.reason, item.kept) for item in rejects]
    assert odd == ([] if field == "requestParameters" else [(2, f"unexpected type of {field}", True)])


def test_wrong_types_inside_the_identity():
    who = {"type": "IAMUser", "userName": 12, "sessionContext": {"attributes": "none"}, "onBehalfOf": {"userId": 1}}
    ((row,), rejects) = read(dumps([event(userIdentity=who)]))
    assert row["userIdentity"]["userName"] == "12"
    assert row["userIdentity"]["onBehalfOf"]["userId"] == "1"
    assert row["userIdentity"]["sessionContext"]["_rest"] == '{"attributes":"none"}'
    assert {item.reason for item in rejects} == {
        "unexpected type of userIdentity.userName",
        "unexpected type of userIdentity.onBehalfOf.userId",
        "unexpected type of userIdentity.sessionContext.attributes",
    }


def test_a_resource_keeps_keys_that_are_not_declared():
    ((row,), _) = read(dumps([event(resources=[{"ARN": "a", "extra": 1}, {"ARNPrefix": "p"}])]))
    assert [(item["ARN"], item["ARNPrefix"], item["_rest"]) for item in row["resources"]] == [
        ("a", None, '{"extra":1}'),
        (None, "p", None),
    ]


def test_nulls_everywhere():
    nothing = {field.name: None for field in DOCUMENT_FIELDS} | {"eventTime": TIME}
    ((row,), rejects) = read(dumps([nothing]))
    assert rejects == []
    assert {name for name, value in row.items() if value is not None} == {"_time", "_id", "_object", "eventTime"}


def test_addresses_with_leading_zeros_are_stored_with_a_remark():
    addresses = ["035.249.253.232", "10.0.0.1", "10.01.0.1", "0.0.0.0", "AWS Internal", "s3.05.amazonaws.com"]
    rows, rejects = read(dumps([event(i, sourceIPAddress=address) for i, address in enumerate(addresses)]))
    assert [row["sourceIPAddress"] for row in rows] == addresses
    assert [(item.record, item.text, item.kept) for item in rejects] == [
        (1, "035.249.253.232", True),
        (3, "10.01.0.1", True),
    ]


@pytest.mark.parametrize("kind", ["Insight", "NetworkActivity", "Aggregated"])
def test_records_of_other_kinds_are_counted_only(kind):
    other = {"eventCategory": kind, "eventId": "x"} | ({} if kind == "Aggregated" else {"eventTime": TIME})
    parts = list(decode(io.BytesIO(dumps([event(0), other, event(1)]))))
    assert [item.eventName for part in parts for item in part.events] == ["Describe0", "Describe1"]
    assert parts[0].skipped == {kind: 1}
    assert parts[0].rejects == []


# ── broken files ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("data", [b"", b" \n ", b"\xef\xbb\xbf", gzip.compress(b"")])
def test_an_empty_file_is_reported(data):
    rows, (reject,) = read(data)
    assert rows == []
    assert (reject.record, reject.reason) == (0, cloudtrail.EMPTY_FILE)


@pytest.mark.parametrize("data", [b'{"Records": []}', b"[]", b'{"Records":null}'])
def test_a_file_of_no_records_is_nothing_odd(data):
    assert read(data) == ([], [])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{}", cloudtrail.NO_TIME),
        (b"null", records.NOT_AN_OBJECT),
        (b"<html>Access denied</html>", records.NOT_AN_OBJECT),
        (b'{"Records": {"a": 1}}', cloudtrail.NOT_A_LIST),
        (b'{"Records": [', records.UNCLOSED),
        (b'{"Records": [{"eventVers', records.UNFINISHED),
        (b"\x1f\x8b", records.TRUNCATED),
        (b"\x1f\x8b\x08\0garbage and more garbage", records.DAMAGED),
        (b'{"a":' * 100_000, records.UNFINISHED),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, records.UNFINISHED),
        (b'{"a":' * 400 + b"1" + b"}" * 400, cloudtrail.NO_TIME),
    ],
)
def test_files_without_any_event(data, reason):
    rows, rejects = read(data)
    assert rows == []
    assert reason in {item.reason for item in rejects}


def test_a_truncated_gzip_keeps_what_came_before_the_cut():
    many = [event(i, requestParameters={"x": f"{i * 7919 % 1000003}"}) for i in range(2000)]
    data = gzip.compress(dumps({"Records": many}))
    rows, rejects = read(data[: len(data) // 2])
    assert 500 < len(rows) < 1500
    assert names(rows) == [f"Describe{i}" for i in range(len(rows))]
    assert [item.reason for item in rejects] == [records.TRUNCATED]
    assert rejects[0].record == len(rows) + 1
    assert rejects[0].text.startswith('{"eventVersion"')


def test_a_truncated_gzip_is_told_even_when_the_text_is_whole():
    rows, rejects = read(gzip.compress(dumps({"Records": EVENTS}))[:-4])
    assert names(rows) == ["Describe0", "Describe1", "Describe2"]
    assert [(item.record, item.reason) for item in rejects] == [(0, records.TRUNCATED)]


def test_several_gzip_members_are_one_text():
    text = dumps({"Records": EVENTS})
    data = gzip.compress(text[:100]) + gzip.compress(text[100:]) + b"\0" * 512
    assert read(data)[1] == []
    assert len(read(data)[0]) == 3


def test_a_broken_record_does_not_take_its_neighbours_with_it():
    good = [dumps(item) for item in EVENTS]
    for broken in (
        b'{"eventVersion":"1.08", "a": }',
        b'{"eventVersion":"1.08", "a": "never closed}',
        b'{"eventVersion"',
    ):
        rows, rejects = read(b'{"Records": [' + b",".join([good[0], broken, good[1], good[2]]) + b"]}")
        assert names(rows) == ["Describe0", "Describe1", "Describe2"], broken
        assert [item.record for item in rejects] == [2]
        assert rejects[0].text.startswith(broken.decode())


def test_a_broken_line_does_not_take_its_neighbours_with_it():
    good = [dumps(item) for item in EVENTS]
    for broken in (
        b"garbage",
        b'{"eventTime": "2024',
        b'{"a": "x',
        b"12",
        b'"text"',
        b"\x00\xff\x00",
        b"[1, 2]",
        b"]",
        b"}",
    ):
        rows, rejects = read(b"\n".join([good[0], broken, good[1], good[2]]))
        assert names(rows) == ["Describe0", "Describe1", "Describe2"], broken
        if broken not in (b"]", b"}"):
            assert rejects, broken
            assert all(item.text for item in rejects)


def test_a_list_that_holds_other_things():
    rows, rejects = read(dumps({"Records": [1, EVENTS[0], None, "x", [EVENTS[1]], EVENTS[2]]}))
    assert names(rows) == ["Describe0", "Describe1", "Describe2"]
    assert [(item.record, item.reason, item.text) for item in rejects] == [
        (1, records.NOT_AN_OBJECT, "1"),
        (3, records.NOT_AN_OBJECT, "null"),
        (4, records.NOT_AN_OBJECT, '"x"'),
    ]


def test_text_that_is_not_quite_json_is_mended():
    data = (
        b'{"Records":['
        + dumps(EVENTS[0])[:-1] + b',"userAgent":"half \\ud83d surrogate"},'
        + dumps(EVENTS[1])[:-1] + b',"userAgent":"wrong \xff byte"},'
        + dumps(EVENTS[2])[:-1] + b',"userAgent":"a\x01b","requestParameters":{"x":NaN,"y":"\xfe"}}]}'
    )  # fmt: skip
    rows, rejects = read(data)
    assert rejects == []
    assert [row["userAgent"] for row in rows] == ["half ? surrogate", "wrong � byte", "a\x01b"]
    assert json.loads(rows[2]["requestParameters"]) == {"x": None, "y": "�"}


def test_wrong_bytes_in_a_skipped_document():
    rows, _ = read(dumps([EVENTS[0]]).replace(b'"n": 0', b'"n": "\xff"'))
    assert json.loads(rows[0]["requestParameters"])["n"] == "�"


# ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(cloudtrail, "WINDOW", 2000)
    monkeypatch.setattr(records, "LONGEST", 1500)
    monkeypatch.setattr(records, "READ", 97)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", ["envelope", "list", "lines", "pretty", "lines and list"])
def test_long_files_are_read_in_windows(shape, pack):
    events = [event(i) for i in range(50)]
    data = {
        "envelope": dumps({"Records": events}, separators=(",", ":")),
        "list": dumps(events),
        "lines": b"\n".join(map(dumps, events)),
        "pretty": dumps({"Records": events}, indent=1),
        "lines and list": b"\n".join(map(dumps, events[:25])) + b"\n" + dumps(events[25:]),
    }[shape]
    rows, rejects = read(pack(data))
    assert names(rows) == [f"Describe{i}" for i in range(50)]
    assert rejects == []


@pytest.mark.usefixtures("small_windows")
def test_broken_pieces_in_windows():
    pieces = [dumps(event(i)) for i in range(30)]
    pieces[3] = b'{"eventVersion": "1", "broken": '
    pieces[9] = b"what"
    pieces[20] = dumps(event(20, userAgent="x" * 5000))
    rows, rejects = read(b'{"Records":[' + b",".join(pieces) + b"]}")
    assert names(rows) == [f"Describe{i}" for i in range(30) if i not in (3, 9, 20)]
    assert [item.record for item in rejects if item.reason == records.MALFORMED] == [4]
    assert records.TOO_LONG in {item.reason for item in rejects}


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("filling", [b"\0", b"{", b'"', b"[", b"a", b"\n", b"{}", b'{"a":', b"\\", b'{"'])
def test_endless_rubbish_ends(filling):
    rows, _ = read(filling * (20_000 // len(filling)))
    assert rows == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_cut_or_wrong_byte_anywhere_costs_only_what_it_hits(data):
    text = dumps({"Records": [event(i) for i in range(6)]})
    place = data.draw(st.integers(0, len(text) - 1))
    if data.draw(st.booleans()):
        broken = text[:place]
        whole = sum(text.index(b"Describe%d" % i) < place - 450 for i in range(6))
    else:
        broken = text[:place] + bytes([data.draw(st.integers(0, 255))]) + text[place + 1 :]
        whole = 4
    rows, rejects = read(broken)
    assert len(rows) >= whole
    assert len(rows) == 6 or rejects


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ \nRecords01', max_size=200).map(str.encode))
def test_any_bytes_are_survived(data):
    rows, rejects = read(data)
    assert rejects or not data.strip(b" \n\r\t\f\v,{}[]\xef\xbb\xbf") or rows or b"Records" in data


# ── numbers of events ────────────────────────────────────────────────────────────────────────────────────────────


def ids(*events):
    return [row["_id"] for row in read(dumps(list(events)))[0]]


def test_the_number_depends_on_account_and_event_id_alone():
    (first,) = ids(event(1))
    assert ids(event(1, userAgent="other", eventTime="2024-05-02T00:00:00Z")) == [first]
    assert ids(event(1, newField=1)) == [first]
    different = ids(event(2), event(1, recipientAccountId="999999999999"), event(1, recipientAccountId=None))
    assert len({first, *different}) == 4
    assert all(0 <= number < 2**63 for number in different)


def test_events_without_id_are_told_apart_by_content():
    a, b, again = (event(1, eventID=None), event(2, eventID=None), event(1, eventID=""))
    first, second, third, fourth = ids(a, b, a, again)
    assert len({first, second, third, fourth}) == 4
    assert ids(a, a) == [first, third]


def test_numbers_of_many_events_differ():
    assert len(set(ids(*(event(i) for i in range(20_000))))) == 20_000


def test_every_field_is_described():
    assert [field.name for field in FIELDS] == SCHEMA.names
    assert all(field.description.endswith(".") for field in FIELDS)
    assert SCHEMA.field("_time").type == pa.timestamp("us", "UTC")
