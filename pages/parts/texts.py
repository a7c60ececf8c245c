"""Every text the pages show, in English and Korean.

A `Text` says one thing in all languages; `TEXTS` names the ones that the frame and the cards share.
Panels carry their own titles and help as `Text` values beside their query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")


@dataclass(frozen=True)
class Text:
    """One text in every language of the app; `{names}` in it are filled in when it is shown."""

    en: str
    ko: str

    def to(self, language: Language, **values: object) -> str:
        """The text in one language.

        >>> Text("{n} rows", "{n}행").to("ko", n=3)
        '3행'
        """
        text = self.ko if language == "ko" else self.en
        return text.format(**values) if values else text


def language_of(locale: str | None) -> Language:
    """The app's language that suits a browser's locale.

    >>> language_of("ko-KR"), language_of("de-DE"), language_of(None)
    ('ko', 'en', 'en')
    """
    return "ko" if (locale or "").lower().startswith("ko") else "en"


TEXTS: dict[str, Text] = {
    # navigation
    "security": Text("Security", "보안"),
    "operations": Text("Operations", "운영"),
    "explore_section": Text("Explore", "탐색"),
    "cloudtrail": Text("CloudTrail", "CloudTrail"),
    "logins": Text("Console logins", "콘솔 로그인"),
    "elb_status": Text("Load balancers", "ELB 상태"),
    "elb_errors": Text("Load balancer errors", "ELB 오류"),
    "cost_section": Text("Cost", "비용"),
    "cost": Text("Cost", "비용"),
    "cloudwatch": Text("CloudWatch", "CloudWatch"),
    "connections": Text("Connections", "연결"),
    "explore": Text("Explore", "쿼리 탐색"),
    "board": Text("My dashboard", "내 대시보드"),
    "reference": Text("Language reference", "쿼리 언어 안내"),
    "coverage": Text("Data coverage", "수집 현황"),
    # frame
    "language": Text("Language", "언어"),
    "range": Text("Time range", "기간"),
    "absolute": Text("From – to", "기간 지정"),
    "from": Text("From", "시작"),
    "to": Text("To (not included)", "끝 (포함 안 함)"),
    "apply": Text("Apply", "적용"),
    "clear": Text("Back to a relative range", "상대 기간으로 돌아가기"),
    "wrong_range": Text("The end must be after the start.", "끝은 시작보다 뒤여야 합니다."),
    "filters": Text("Filters", "필터"),
    "account": Text("Account", "계정"),
    "all_accounts": Text("All accounts", "모든 계정"),
    "region": Text("Region", "리전"),
    "all_regions": Text("All regions", "모든 리전"),
    "user": Text("User", "사용자"),
    "all_users": Text("All users", "모든 사용자"),
    "user_help": Text(
        "The user name; for roles and single sign-on the session name, else the role, the service or the kind.",
        "사용자 이름입니다. 역할·SSO 세션은 세션 이름, 없으면 역할·서비스·유형 순으로 표시합니다.",
    ),
    "live": Text("Live", "실시간"),
    "live_help": Text("Reload every minute", "1분마다 새로 고침"),
    "refresh": Text("Refresh", "새로 고침"),
    "sample": Text("Sample data", "샘플 데이터"),
    "sample_help": Text(
        "No lake is configured, so these are invented events of an invented company. The clock of this page stands at "
        "the end of the sample, {end}.",
        "설정된 데이터 저장소가 없어 가상의 회사에서 생긴 가상의 이벤트를 보여 줍니다. 이 페이지의 시계는 샘플의 끝인 "
        "{end}에 멈춰 있습니다.",
    ),
    "preparing_sample": Text(
        "Preparing sample data (first start only)…", "샘플 데이터를 준비하는 중입니다 (처음 한 번만)…"
    ),
    "newest_event": Text("Newest event {age} ago", "최근 이벤트: {age} 전"),
    "newest_event_stale": Text(
        "Newest event {age} ago: is the collector running?", "최근 이벤트가 {age} 전입니다: 수집기가 동작 중인가요?"
    ),
    "no_events": Text("No events collected yet", "아직 수집된 이벤트가 없습니다"),
    "failed_lake": Text("The data cannot be read.", "데이터를 읽을 수 없습니다."),
    "times_in": Text("Times in {zone}", "시간대: {zone}"),
    # periods: they complete a title such as "EC2 instance launches, last 24 h"
    "last_15m": Text("last 15 min", "최근 15분"),
    "last_1h": Text("last hour", "최근 1시간"),
    "last_6h": Text("last 6 h", "최근 6시간"),
    "last_24h": Text("last 24 h", "최근 24시간"),
    "last_7d": Text("last 7 days", "최근 7일"),
    "last_30d": Text("last 30 days", "최근 30일"),
    # ages
    "seconds": Text("{n} s", "{n}초"),
    "minutes": Text("{n} min", "{n}분"),
    "hours": Text("{n} h", "{n}시간"),
    "days": Text("{n} days", "{n}일"),
    # cards
    "menu": Text("Query, rows and downloads of “{title}”", "‘{title}’의 쿼리, 원본 행, 내려받기"),
    "query_view": Text("The query that ran", "실행된 쿼리"),
    "given_query": Text("The panel's query as given", "패널의 원래 쿼리"),
    "rows": Text("Rows behind this", "원본 행 보기"),
    "open_query": Text("Open in Explore", "탐색에서 열기"),
    "see_rows": Text("Rows", "원본 행"),
    "csv": Text("CSV", "CSV"),
    "parquet": Text("Parquet", "Parquet"),
    "row_count": Text("{n} rows", "{n}행"),
    "one_row": Text("1 row", "1행"),
    "took": Text("{ms} ms", "{ms} ms"),
    "files": Text("{read} of {total} files", "파일 {read}/{total}개"),
    "updated": Text("at {time}", "{time} 기준"),
    "retry": Text("Try again", "다시 시도"),
    "failed": Text("This could not be loaded.", "불러오지 못했습니다."),
    "unexpected": Text(
        "Something unexpected happened ({kind}). The server's log has the details.",
        "예상하지 못한 문제가 생겼습니다 ({kind}). 자세한 내용은 서버 로그에 있습니다.",
    ),
    "no_data": Text("No data", "데이터 없음"),
    "no_data_help": Text(
        "No log rows at all in this period: collection may have stopped.",
        "이 기간에 수집된 로그가 전혀 없습니다. 수집이 멈췄을 수 있습니다.",
    ),
    "no_rows": Text("Nothing found in this period.", "이 기간에 해당하는 항목이 없습니다."),
    "previous": Text("vs previous period", "이전 기간 대비"),
    "no_previous": Text("no data for the previous period", "이전 기간의 데이터 없음"),
    "ok": Text("OK", "정상"),
    "amber": Text("Attention", "주의"),
    "red": Text("Alarm", "경고"),
    "at_least": Text("{value} or more", "{value}건 이상"),
    "times_baseline": Text(
        "usually {usual} at these hours (median of 7 days); counts from {limit}",
        "같은 시간대 평소 {usual}건(7일 중앙값), 기준 {limit}건",
    ),
    "other": Text("other", "기타"),
    "none": Text("(none)", "(없음)"),
    "unknown_country": Text("Unknown country", "국가 미상"),
    "more_series": Text("{n} more kinds are drawn as “other”.", "나머지 {n}종은 ‘기타’로 묶었습니다."),
    "seed_columns": Text("Original columns", "원래 열만"),
    "seed_columns_help": Text(
        "Show the panel's query exactly as given, without the added columns.",
        "추가된 열 없이, 패널의 원래 쿼리를 그대로 보여 줍니다.",
    ),
    "variants": Text("What to show", "보기"),
    "more_rows": Text(
        "{n} more are in the downloads and in Explore.", "나머지 {n}개는 내려받기와 탐색에서 볼 수 있습니다."
    ),
    "server": Text("Server", "서버"),
    "requests": Text("Requests", "요청"),
    "slowest": Text("Slowest answer", "가장 느린 응답"),
    "volume": Text("Volume", "전송량"),
    "rate": Text("Rate", "전송 속도"),
    "share": Text("Share of requests", "요청 중 비율"),
    "kind": Text("Kind", "종류"),
    "min": Text("Fastest", "최소"),
    "iqr1": Text("Lower quartile (25%)", "1사분위수 (25%)"),
    "iqr2": Text("Median", "중앙값"),
    "iqr3": Text("Upper quartile (75%)", "3사분위수 (75%)"),
    "max": Text("Slowest", "최대"),
    "proxies": Text(
        "{n} client addresses send {share} of all requests: if they belong to a CDN or proxy, the panels by client "
        "rank proxies, not visitors.",
        "클라이언트 주소 {n}개가 전체 요청의 {share}를 보냅니다. CDN이나 프록시의 주소라면 클라이언트별 패널은 "
        "방문자가 아니라 프록시의 순위입니다.",
    ),
    "open_row": Text("Open", "열기"),
    "signal": Text("Signal", "신호"),
    "unknown_user": Text("(unknown user name)", "(알 수 없는 사용자)"),
    "country": Text("Country", "국가"),
    "logins_count": Text("Logins", "로그인"),
    "events_count": Text("Events", "이벤트"),
    "event": Text("Event", "이벤트"),
    "time": Text("Time", "시각"),
    "choose_country": Text("Rows of…", "원본 행…"),
    "unmapped": Text("Not on the map: {what}", "지도에 표시되지 않음: {what}"),
    "unknown_address": Text("unknown or private address", "알 수 없거나 사설인 주소"),
    "no_geo": Text(
        "No country database is installed, so addresses cannot be placed on the map.",
        "국가 데이터베이스가 없어 주소를 지도에 표시할 수 없습니다.",
    ),
    "allowed": Text("expected country", "예상 국가"),
    "elsewhere": Text("any other country", "그 밖의 국가"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of the shared texts, in a language."""
    return TEXTS[key].to(language, **values)
