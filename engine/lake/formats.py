"""The kinds of log that can be collected: how their objects are named and decoded, and which tables hold their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.catalog import Field
from engine.lake import cloudtrail, elb, elb_fields
from engine.lake.cloudtrail import Reject
from engine.lake.objects import CLOUDTRAIL, ELB, Naming, Object


@dataclass(frozen=True)
class Rows:
    """A physical table: one folder of the lake.

    One that is `divided` keeps the rows of each value of that column apart; a query then sees a table for each value,
    whose name is `prefix` and the value. `unique` are columns whose values hardly repeat, `account` and `region` those
    that say whose the rows are.
    """

    name: str
    fields: tuple[Field, ...]
    schema: pa.Schema
    description: str
    account: str
    region: str
    unique: frozenset[str]
    divided: str | None = None
    prefix: str = ""


class Part(Protocol):
    """What decoding yields piece by piece: the instants of events, and what could not be read."""

    @property
    def times(self) -> npt.NDArray[np.int64]: ...
    @property
    def rejects(self) -> list[Reject]: ...
    @property
    def more(self) -> Counter[tuple[str, bool]]: ...
    @property
    def skipped(self) -> Counter[str]: ...
    @property
    def read_bytes(self) -> int: ...


@dataclass(frozen=True)
class LogFormat:
    """A kind of log. `rows` turns the parts of several objects into rows, each batch with the name of its table.

    Small objects are given to `decode_small` several at a time, where that is cheaper than one by one.
    """

    kind: str
    naming: Naming
    tables: tuple[Rows, ...]
    decode: Callable[[BinaryIO, Object], Iterator[Part]]
    rows: Callable[[Sequence[tuple[str, Any]]], list[tuple[str, pa.RecordBatch]]]
    decode_small: Callable[[Sequence[tuple[Object, bytes]]], Iterator[tuple[Object, Part]]] | None = None


CLOUDTRAIL_ROWS = Rows(
    name="cloudtrail",
    fields=cloudtrail.FIELDS,
    schema=cloudtrail.SCHEMA,
    description=cloudtrail.DESCRIPTION,
    account="recipientAccountId",
    region="awsRegion",
    unique=frozenset({"_id", "eventTime", "eventID", "requestID", "sharedEventID", "_rest"})
    | {item.name for item in cloudtrail.FIELDS if item.type.name == "any"},
)
ELB_ROWS = Rows(
    name="elb",
    fields=elb_fields.ELB_FIELDS,
    schema=elb_fields.stored(elb_fields.ELB_FIELDS),
    description="Requests that a load balancer answered, as its access log has them.",
    account="account_id",
    region="region",
    unique=elb_fields.UNIQUE | elb_fields.numbers(elb_fields.ELB_FIELDS),
    divided="lb_name",
    prefix="aws-elb_",
)
NLB_ROWS = Rows(
    name="nlb",
    fields=elb_fields.NLB_FIELDS,
    schema=elb_fields.stored(elb_fields.NLB_FIELDS),
    description="TLS connections to a network load balancer, as its access log has them.",
    account="account_id",
    region="region",
    unique=elb_fields.UNIQUE | elb_fields.numbers(elb_fields.NLB_FIELDS),
    divided="lb_name",
    prefix="aws-nlb_",
)
TABLES = {table.name: table for table in (CLOUDTRAIL_ROWS, ELB_ROWS, NLB_ROWS)}

FORMATS = {
    "cloudtrail": LogFormat(
        "cloudtrail",
        CLOUDTRAIL,
        (CLOUDTRAIL_ROWS,),
        lambda stream, _: cloudtrail.decode(stream),
        lambda parts: [("cloudtrail", cloudtrail.to_batch(parts))],
    ),
    "elb": LogFormat(
        "elb",
        ELB,
        (ELB_ROWS, NLB_ROWS),
        elb.decode,
        lambda parts: [rows for _, part in parts for rows in part.rows],
        elb.decode_small,
    ),
}
