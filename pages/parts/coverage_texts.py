"""The texts of the data coverage page, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    "intro": Text(
        "What has arrived, by account and region or load balancer, and what has not: hours without events where there "
        "usually are some, late deliveries, and pieces that could not be read.",
        "계정·리전 또는 로드 밸런서별로 도착한 로그와 도착하지 않은 로그를 보여 줍니다. 평소와 달리 이벤트가 없는 "
        "시간, 늦어진 전달, 읽지 못한 조각을 확인할 수 있습니다.",
    ),
    # sections
    "sections": Text("Section", "구역"),
    "arrived": Text("Arrived", "도착 현황"),
    "collecting": Text("Collecting", "수집"),
    "rejected": Text("Rejected", "수집 실패"),
    "storage": Text("Storage", "저장소"),
    "length": Text("Last", "기간"),
    # alarm
    "collector_dead": Text("The collector has not looked for {age}", "수집기가 {age} 동안 동작하지 않았습니다"),
    "collector_stuck": Text("Collecting does not work", "수집이 동작하지 않습니다"),
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
    "again": Text("Delivered again", "중복 전달"),
    "again_help": Text(
        "Events that another file had brought before, by a second trail for example. They are stored once.",
        "다른 파일로 이미 전달된 이벤트 수입니다(예: 추적이 두 개인 경우). 한 번만 저장합니다.",
    ),
    "source": Text("Log", "로그"),
    "state": Text("Deliveries", "전달 상태"),
    "state_help": Text(
        "Late: nothing has come for much longer than this stream usually takes from one delivery to the next.",
        "지연: 이 스트림의 평소 전달 간격보다 훨씬 오래 새 로그가 없습니다.",
    ),
    "on time": Text("on time", "정상"),
    "late": Text("late", "지연"),
    "old": Text("archive", "보관 자료"),
    "unknown": Text("too few to tell", "판단 불가"),
    "usual": Text("Usual wait", "평소 간격"),
    "silent_for": Text("Since the last", "마지막 전달 후"),
    "unusual": Text("Unusual gaps", "비정상 공백"),
    "unusual_help": Text(
        "Hours without events that are not usual for this stream: quiet nights and weekends are not counted.",
        "이 스트림에서 평소와 달리 이벤트가 없는 시간입니다. 조용한 밤이나 주말은 세지 않습니다.",
    ),
    "orange": Text("Framed: gaps that are not usual for that row.", "테두리: 해당 행에서 평소와 다른 공백입니다."),
    # collecting
    "collect_intro": Text(
        "Collecting runs beside the app and goes on when you leave this page. What was stored stays when it is "
        "stopped, and starting it again goes on from there.",
        "수집은 앱과 별도로 실행되며 이 페이지를 떠나도 계속됩니다. 중지해도 저장된 데이터는 남고, 다시 시작하면 "
        "이어서 수집합니다.",
    ),
    "collect_to": Text("It is stored in `{lake}`.", "`{lake}`에 저장합니다."),
    "not_here": Text(
        "Collecting and cleaning up can be started on the command line, or here when the app listens on localhost "
        "only. `TRAILBOARD_WATCH` names what the app collects by itself.",
        "수집과 정리는 명령줄에서 시작하거나, 앱이 localhost에서만 열려 있을 때 이 화면에서 시작할 수 있습니다. "
        "`TRAILBOARD_WATCH`로 앱이 스스로 수집할 대상을 지정할 수 있습니다.",
    ),
    "kind": Text("Kind of log", "로그 종류"),
    "from_source": Text(
        "Folder, file, s3://bucket/prefix or lookup://profile", "폴더, 파일, s3://버킷/접두사 또는 lookup://프로필"
    ),
    "origin": Text("Source", "소스"),
    "delivered_since": Text("Delivered in the last", "전달 기간"),
    "everything": Text("all", "전체"),
    "keep_watching": Text("Keep looking every 5 minutes", "5분마다 계속 확인"),
    "start": Text("Collect", "수집 시작"),
    "stop": Text("Stop", "중지"),
    "resume": Text("Go on", "이어서 수집"),
    "dismiss": Text("Dismiss", "지우기"),
    "no_source": Text("Name a folder or a bucket.", "폴더나 버킷을 입력해 주세요."),
    "unknown_source": Text(
        "A source is a folder, a file, s3://… or lookup://….", "폴더, 파일, s3://… 또는 lookup://… 형식이어야 합니다."
    ),
    "running": Text("running", "실행 중"),
    "watching": Text("watching", "감시 중"),
    "stopping": Text("stopping", "중지하는 중"),
    "stopped": Text("stopped", "중지됨"),
    "done": Text("done", "완료"),
    "failed": Text("failed", "실패"),
    "looking": Text("looking for new files", "새 파일을 찾는 중"),
    "so_far": Text(
        "{objects} of {total} files · {events} events · {rate} events/s",
        "파일 {total}개 중 {objects}개 · 이벤트 {events}건 · 초당 {rate}건",
    ),
    "time_left": Text("{left} left", "{left} 남음"),
    "watched": Text("Watched sources", "감시 중인 소스"),
    "no_watch": Text("No source is being watched.", "감시 중인 소스가 없습니다."),
    "forget": Text("Forget {source}", "{source} 삭제"),
    "forget_help": Text(
        "Nobody watches it any more, and that is meant: raise no alarm for it. What was collected stays.",
        "더 이상 감시하지 않는 소스의 경고를 없앱니다. 수집된 데이터는 그대로 남습니다.",
    ),
    "watch_state": Text("State", "상태"),
    "collected_counts": Text(
        "{collected} of {objects} files collected, {already} were already there · {events} events stored, {duplicates} "
        "delivered again",
        "파일 {objects}개 중 {collected}개 수집, {already}개는 이미 있음 · 이벤트 {events}건 저장, 중복 {duplicates}건",
    ),
    "last_look": Text("Last look", "마지막 확인"),
    "polls": Text("Looks", "확인 횟수"),
    "new_objects": Text("New files", "새 파일"),
    "trouble": Text("Trouble", "문제"),
    "month_cost": Text("Listing, 30 days", "목록 조회 비용(30일)"),
    # rejects
    "retry": Text("Try again", "다시 시도"),
    "retry_help": Text(
        "Reads the files again, or what was kept of them when they are gone. Events that come of it are stored once.",
        "파일을 다시 읽고, 파일이 없으면 보관된 원문을 읽습니다. 복구된 이벤트는 한 번만 저장합니다.",
    ),
    # storage
    "table": Text("Table", "테이블"),
    "size": Text("Size", "크기"),
    "rows": Text("Rows", "행"),
    "small": Text("Small files", "작은 파일"),
    "days": Text("Days", "일수"),
    "oldest": Text("From", "시작"),
    "latest": Text("To", "끝"),
    "kept_days": Text("Kept for", "보관 기간"),
    "for_days": Text("{n} days", "{n}일"),
    "for_ever": Text("for ever", "무기한"),
    "compact": Text("Tidy up…", "정리…"),
    "compact_nothing": Text("Nothing to join, nothing to delete.", "합칠 파일도 삭제할 파일도 없습니다."),
    "compact_plan": Text(
        "{small} small files ({size}) become {joined}. {unused} files that nobody reads any more are deleted. No event "
        "is lost or changed.",
        "작은 파일 {small}개({size})를 {joined}개로 합치고, 더 이상 읽히지 않는 파일 {unused}개를 삭제합니다. 이벤트는 "
        "사라지거나 바뀌지 않습니다.",
    ),
    "compact_do": Text("Do it", "실행"),
    "retain": Text("Retention…", "보관 기간…"),
    "retain_intro": Text(
        "Days (UTC) older than that are deleted whole, now and from now on whenever something is collected.",
        "지정한 일수보다 오래된 날짜(UTC)를 통째로 삭제합니다. 이후 수집할 때마다 적용됩니다.",
    ),
    "retain_tables": Text("Tables", "테이블"),
    "retain_days": Text("Days to keep; empty keeps all", "보관할 일수(비우면 모두 보관)"),
    "retain_nothing": Text("{table}: nothing to delete.", "{table}: 삭제할 날짜가 없습니다."),
    "retain_plan": Text(
        "{table}: {days} days from {first} to {last} are deleted: {rows} rows, {size}.",
        "{table}: {first}~{last} 중 {days}일을 삭제합니다({rows}행, {size}).",
    ),
    "retain_back": Text(
        "{table}: days deleted before may come back when their source is collected again.",
        "{table}: 이전에 삭제된 날짜는 소스를 다시 수집하면 돌아올 수 있습니다.",
    ),
    "retain_do": Text("Delete {days} days", "{days}일 삭제"),
    "retain_set": Text("Set", "설정"),
    "sample_care": Text("Sample data need no care.", "샘플 데이터는 관리할 필요가 없습니다."),
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
