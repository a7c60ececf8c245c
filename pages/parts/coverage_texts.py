"""The texts of the data coverage page, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    "intro": Text(
        "What has been collected of CloudTrail, by account and region, and the hours without events in between. A "
        "quiet region has such hours too; an hour without an event of any account is a reason to look at the "
        "collector.",
        "수집된 CloudTrail 이벤트를 계정·리전별로 보여 주고, 이벤트가 없는 시간을 표시합니다. 조용한 리전에는 그런 "
        "시간이 있을 수 있지만, 모든 계정에 이벤트가 없는 시간이 있다면 수집기를 확인해 보세요.",
    ),
    "length": Text("Last", "기간"),
    # alarm
    "collector_dead": Text("The collector has not looked for {age}", "수집기가 {age} 동안 동작하지 않았습니다"),
    "collector_fails": Text("Collecting fails, {n} times in a row", "수집이 연속 {n}회 실패했습니다"),
    "logs_late": Text(
        "No new logs for {age}, usually every {usual}", "{age} 동안 새 로그가 없습니다(평소 {usual} 간격)"
    ),
    "streams_late": Text("{n} of {all} log streams are late", "로그 스트림 {all}개 중 {n}개가 지연되고 있습니다"),
    "looked_in_vain": Text(
        "The collector looked {age} ago and found nothing new: see whether the trail still delivers.",
        "수집기가 {age} 전에 확인했지만 새 로그가 없었습니다. 로그 전달이 계속되고 있는지 확인해 보세요.",
    ),
    "was_stopped": Text("Collecting was stopped {age} ago.", "수집이 {age} 전에 중지되었습니다."),
    "see_coverage": Text(
        "The page Data coverage tells which, and why.", "수집 현황 페이지에서 대상과 원인을 확인할 수 있습니다."
    ),
    # figures
    "newest": Text("Newest event", "최근 이벤트"),
    "collected": Text("Last collected", "마지막 수집"),
    "ago": Text("{age} ago", "{age} 전"),
    "events": Text("Events", "이벤트"),
    "rejects": Text("Rejected", "수집 실패"),
    "rejects_help": Text(
        "Pieces of log files that could not be read as an event; they are listed below.",
        "이벤트로 읽지 못한 로그 조각 수입니다. 아래에 목록이 있습니다.",
    ),
    "silent": Text("Silent hours", "이벤트 없는 시간"),
    "silent_help": Text(
        "Hours, between the first and the last event of this period, in which no account has an event.",
        "이 기간의 첫 이벤트와 마지막 이벤트 사이에서, 어느 계정에도 이벤트가 없는 시간입니다.",
    ),
    "no_data": Text("No data", "데이터 없음"),
    "never": Text(
        "Nothing has been collected yet. `trailboard collect cloudtrail FOLDER` fills the lake.",
        "아직 수집된 데이터가 없습니다. `trailboard collect cloudtrail FOLDER`로 수집할 수 있습니다.",
    ),
    "nothing": Text(
        "No data in this period: it may be longer ago, or collection may have stopped.",
        "이 기간에는 데이터가 없습니다. 더 이전의 데이터만 있거나 수집이 멈췄을 수 있습니다.",
    ),
    # map
    "map": Text("Events by account and region", "계정·리전별 이벤트"),
    "map_of": Text(
        "Heat map: events of each account and region over time, with hours that have none",
        "히트맵: 계정·리전별 시간대 이벤트 수와 이벤트가 없는 시간",
    ),
    "cell": Text(
        "A cell is {hours} h; the darker, the more events.", "한 칸은 {hours}시간이며 진할수록 이벤트가 많습니다."
    ),
    "cell_dark": Text(
        "A cell is {hours} h; the lighter, the more events.", "한 칸은 {hours}시간이며 밝을수록 이벤트가 많습니다."
    ),
    "grey": Text(
        "Grey: no events, between a row's first and last.", "회색: 첫 이벤트와 마지막 이벤트 사이에 이벤트가 없습니다."
    ),
    "red": Text("Red: no events of any account.", "빨강: 모든 계정에 이벤트가 없습니다."),
    "triangle": Text("Triangle: something was rejected.", "삼각형: 수집에 실패한 조각이 있습니다."),
    "click": Text("Click a cell for its rows.", "칸을 누르면 원본 행을 볼 수 있습니다."),
    "rows_of": Text("Rows of {account} in {region}, {time}", "{account} · {region}, {time}의 원본 행"),
    "more_streams": Text("{n} more are in the table only.", "나머지 {n}개는 표에서만 볼 수 있습니다."),
    # table
    "streams": Text("By account and region", "계정·리전별 현황"),
    "account": Text("Account", "계정"),
    "region": Text("Region", "리전"),
    "first": Text("First event", "첫 이벤트"),
    "last": Text("Last event", "마지막 이벤트"),
    "objects": Text("Files", "파일"),
    "objects_help": Text(
        "Counted for each hour: a file whose events fall into two hours is counted in both.",
        "시간마다 셉니다. 이벤트가 두 시간에 걸친 파일은 양쪽에서 셉니다.",
    ),
    "busy": Text("Hours with events", "이벤트 있는 시간"),
    "gaps": Text("Hours without", "이벤트 없는 시간"),
    "gaps_help": Text("Between the first and the last event", "첫 이벤트와 마지막 이벤트 사이"),
    "longest": Text("Longest gap", "최장 공백"),
    "hours": Text("{n} h", "{n}시간"),
    "lag": Text("Slowest delivery", "최대 지연"),
    "lag_help": Text(
        "The longest time from the last event in a file to the delivery of the file, as its name tells it.",
        "파일의 마지막 이벤트부터 파일 이름에 적힌 전달 시각까지 걸린 가장 긴 시간입니다.",
    ),
    "minutes": Text("{n} min", "{n}분"),
    "time": Text("Time", "시각"),
    "of_hours": Text("Hours with events", "이벤트 있는 시간"),
    "duplicates": Text(
        "Events that were delivered twice are stored once. How many that were is told when they are collected and not "
        "kept in the lake.",
        "두 번 전달된 이벤트는 한 번만 저장합니다. 중복 건수는 수집할 때 표시되며 저장소에는 남지 않습니다.",
    ),
    # rejects
    "set_aside": Text("Rejected pieces", "수집 실패 목록"),
    "none_rejected": Text("Nothing was rejected.", "수집에 실패한 항목이 없습니다."),
    "first_rejects": Text("The newest {n} of all times.", "전체 기간 중 최근 {n}건입니다."),
    "all_rejects": Text("Of all times, newest first.", "전체 기간, 최신순입니다."),
    "when": Text("Collected", "수집 시각"),
    "object": Text("File", "파일"),
    "record": Text("Record", "레코드"),
    "record_help": Text("Place in the file, from 1; 0 is the file itself", "파일 안의 순서(1부터), 0은 파일 자체"),
    "reason": Text("Reason", "사유"),
    "kept": Text("Event", "이벤트"),
    "is_kept": Text("stored all the same", "그대로 저장됨"),
    "is_lost": Text("not stored", "저장 안 됨"),
    "text": Text("Text as it was", "원문"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of the page's texts, in a language."""
    return TEXTS[key].to(language, **values)
