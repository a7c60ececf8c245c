"""Texts of the pages about what AWS answers, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    "sample_help": Text(
        "No AWS credentials were found, so an invented company answers through the same code. Nothing is asked of AWS "
        "and nothing costs anything. The page Connections tells how to connect your own account.",
        "AWS 자격 증명이 없어 가상의 회사가 같은 코드로 응답합니다. AWS에 요청하지 않으며 비용도 들지 않습니다. 내 "
        "계정을 연결하는 방법은 ‘연결’ 페이지에 있습니다.",
    ),
    "currency": Text("Currency", "통화"),
    "days_are_utc": Text("Days are UTC days, today is not over", "날짜는 UTC 기준이며 오늘은 제외됩니다"),
    "profile": Text("Profile", "프로필"),
    "all_profiles": Text("All profiles", "모든 프로필"),
    "region": Text("Region", "리전"),
    "all_regions": Text("All regions", "모든 리전"),
    # age and cost of the answers
    "answered": Text("Asked {age} ago", "{age} 전에 조회함"),
    "answered_help": Text(
        "When AWS was asked for the oldest answer on this page. Cost is asked again after 6 hours, metrics after "
        "5 minutes at most, everything else after a minute.",
        "이 페이지에서 가장 오래된 응답을 AWS에 요청한 때입니다. 비용은 6시간, 지표는 최대 5분, 나머지는 1분이 지나면 "
        "다시 조회합니다.",
    ),
    "refreshing": Text("asking anew…", "다시 조회하는 중…"),
    "estimated": Text("Estimated since {day}", "{day}부터 추정치"),
    "estimated_help": Text(
        "AWS has not closed the bill of these days: amounts may still change. The last one or two days are not "
        "complete.",
        "이 날짜들의 청구서는 아직 확정되지 않아 금액이 바뀔 수 있습니다. 마지막 하루 이틀은 집계가 끝나지 않았습니다.",
    ),
    "spent": Text("{spent} of {budget} spent on questions this month", "이번 달 조회 비용 {budget} 중 {spent} 사용"),
    "spent_help": Text(
        "AWS bills Cost Explorer by request (0.01 USD) and metrics by thousand. This is what Trailboard's own "
        "questions cost. Beyond the budget nothing billed is asked; TRAILBOARD_AWS_BUDGET sets it.",
        "AWS는 Cost Explorer를 요청당(0.01 USD), 지표를 1,000개 단위로 과금합니다. Trailboard가 조회하는 데 쓴 "
        "비용이며, 예산을 넘으면 과금되는 조회를 하지 않습니다. 예산은 TRAILBOARD_AWS_BUDGET으로 정합니다.",
    ),
    "renew": Text("Ask again", "다시 조회"),
    "renew_billed": Text("Ask again ({usd})", "다시 조회 ({usd})"),
    "renew_help_free": Text("These questions cost nothing.", "비용이 들지 않는 조회입니다."),
    "renew_help": Text(
        "{n} of the requests are billed by AWS: about {usd} together.",
        "요청 {n}건이 AWS에서 과금되며 합계 약 {usd}입니다.",
    ),
    "renew_failed": Text("Not everything could be asked anew.", "다시 조회하지 못한 항목이 있습니다."),
    # before the first billed question
    "consent": Text(
        "AWS bills some of these questions, and they have never been asked: about {usd} for {n} requests. The answers "
        "are kept and serve everybody until they are too old.",
        "AWS에서 과금되는 조회 중 아직 한 번도 하지 않은 것이 있습니다. 요청 {n}건에 약 {usd}입니다. 응답은 보관되어 "
        "기한이 지날 때까지 모두에게 쓰입니다.",
    ),
    "consent_all": Text("Ask AWS for everything on this page ({usd})", "이 페이지의 모든 항목 조회 ({usd})"),
    "not_asked": Text("Not asked yet", "아직 조회하지 않음"),
    "not_asked_help": Text(
        "AWS bills this question: about {usd}. Nothing is asked until you agree.",
        "AWS가 과금하는 조회입니다(약 {usd}). 동의하기 전에는 조회하지 않습니다.",
    ),
    "consent_one": Text("Ask AWS ({usd})", "AWS에 조회 ({usd})"),
    # on the panels
    "failed_parts": Text("Without {names}", "{names} 제외됨"),
    "more_failed": Text("{names} and {n} more", "{names} 외 {n}개"),
    "warnings": Text("Notes: {n}", "알림 {n}건"),
    "no_answer": Text("No amount", "금액 없음"),
    "no_answer_help": Text(
        "AWS answered, but with no rows for these days: Cost Explorer may not be enabled yet, or the account is new.",
        "AWS가 응답했지만 이 기간의 행이 없습니다. Cost Explorer가 아직 켜지지 않았거나 새 계정일 수 있습니다.",
    ),
    "nothing": Text("Nothing found.", "해당하는 항목이 없습니다."),
    "asked_at": Text("asked {age} ago", "{age} 전 조회"),
    "calls": Text("{n} calls, {usd}", "호출 {n}회, {usd}"),
    "no_budget": Text("no monthly budget set (TRAILBOARD_COST_BUDGET)", "월 예산이 없습니다 (TRAILBOARD_COST_BUDGET)"),
    "of_budget": Text("{share} of the monthly budget of {budget}", "월 예산 {budget}의 {share}"),
    "rate": Text("1 USD = {rate}, {day}, {source}", "1 USD = {rate}, {day}, {source}"),
    "rate_stale": Text(
        "1 USD = {rate}, {day}, {source}: not today's rate", "1 USD = {rate}, {day}, {source}: 오늘 환율이 아닙니다"
    ),
    "no_euro": Text("{source} has no euro rate: shown in USD", "{source}에 유로 환율이 없어 USD로 표시합니다"),
    # charts
    "cost": Text("Cost", "비용"),
    "share": Text("Share", "비중"),
    "day": Text("Day (UTC)", "날짜 (UTC)"),
    "whole_day": Text("Whole day", "하루 합계"),
    "state": Text("State", "상태"),
    "incomplete": Text("not complete yet", "아직 집계 중"),
    "new": Text("new since the 30 days before", "이전 30일에는 없던 항목"),
    "large": Text("more than half of all", "전체의 절반 이상"),
    "jump": Text("{times} times the mean of the 7 days before", "직전 7일 평균의 {times}배"),
    "this_month": Text("This month", "이번 달"),
    "last_month": Text("Last month", "지난달"),
    "forecast": Text("Forecast", "예측"),
    "forecast_range": Text("80% range", "80% 구간"),
    "no_forecast": Text("No forecast: {why}", "예측 없음: {why}"),
    "budget": Text("Budget", "예산"),
    "now": Text("Last 30 days", "최근 30일"),
    "before": Text("30 days before", "이전 30일"),
    "change": Text("Change", "변화"),
    "value": Text("Value", "값"),
    "previous": Text("vs {before}", "{before} 대비"),
    "since_before": Text("vs the 30 days before", "이전 30일 대비"),
    "hatched": Text("Hatched days are not complete yet.", "빗금 친 날은 아직 집계가 끝나지 않았습니다."),
    "sustained": Text("3 buckets or more over {limit}: {names}", "3구간 이상 {limit} 초과: {names}"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of these texts, in a language."""
    return TEXTS[key].to(language, **values)
