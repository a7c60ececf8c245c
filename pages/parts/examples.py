"""Example queries: questions to begin with, and the incidents that the sample data hides."""

from __future__ import annotations

from dataclasses import dataclass

from engine.demo.incidents import INCIDENTS
from engine.language.grammar import parse
from engine.language.printer import print_query
from pages.parts.texts import Text


@dataclass(frozen=True)
class Example:
    """A question and the query that answers it."""

    title: Text
    query: str


FIRST = """table duration=1d cloudtrail*
| stats count by eventName
| sort -count"""

BASICS = (
    Example(Text("What happened last?", "방금 무슨 일이 있었나?"), "table duration=1h cloudtrail*\n| limit 300"),
    Example(
        Text("Which changes, hour by hour?", "시간대별로 어떤 변경이 있었나?"),
        "table duration=1d cloudtrail*\n| search readOnly == false\n| timechart span=1h count by eventName",
    ),
    Example(
        Text("Which calls are refused most?", "가장 많이 거부된 호출은?"),
        "table duration=7d cloudtrail*\n| search isnotnull(errorCode)\n"
        "| stats count by eventName, errorCode\n| sort limit=20 -count",
    ),
    Example(
        Text("From which countries do people sign in?", "어느 나라에서 로그인하나?"),
        'table duration=7d cloudtrail*\n| search eventName == "ConsoleLogin" and isnull(errorMessage)\n'
        "| eval src_ip = ip(sourceIPAddress)\n| lookup geoip src_ip output country\n| stats count by country",
    ),
    Example(
        Text("Who uses the console?", "누가 콘솔을 쓰나?"),
        'table duration=7d cloudtrail*\n| search sessionCredentialFromConsole == "true"\n'
        '| eval user = valueof(userIdentity, "arn")\n| stats count by user\n| sort limit=20 -count',
    ),
    Example(
        Text("How busy is each service?", "서비스마다 얼마나 바쁜가?"),
        "table duration=7d cloudtrail*\n| timechart span=6h count by eventSource",
    ),
    Example(
        Text("At which hours does each account work?", "계정마다 몇 시에 일하나?"),
        'table duration=7d cloudtrail*\n| eval hour = datepart(_time, "hour")\n| boxplot hour by recipientAccountId',
    ),
    Example(
        Text("What did the root user do?", "루트 사용자는 무엇을 했나?"),
        'table duration=14d cloudtrail*\n| search valueof(userIdentity, "type") == "Root"\n'
        "| fields _time, eventName, sourceIPAddress, awsRegion, errorMessage",
    ),
)


def incidents() -> tuple[Example, ...]:
    """What was planted into the sample data, with the query that finds it."""
    return tuple(
        Example(Text(incident.title_en, incident.title_ko), print_query(parse(incident.query)))
        for incident in INCIDENTS
    )
