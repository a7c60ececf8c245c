"""The texts of the connections page, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    "intro": Text(
        "Who asks AWS, what it may ask, and where this app reads and writes.",
        "누구의 자격으로 AWS에 조회하는지, 어떤 권한이 있는지, 이 앱이 어디를 읽고 쓰는지 보여 줍니다.",
    ),
    "profiles": Text("Connect profiles", "연결 프로필"),
    "only_demo": Text(
        "No AWS credentials were found: the sample company answers. Connect an account as told below.",
        "AWS 자격 증명이 없어 샘플 회사가 응답합니다. 아래 방법으로 계정을 연결하세요.",
    ),
    "kind_demo": Text("sample company", "샘플 회사"),
    "kind_assume_role": Text("assumed role", "역할 수임"),
    "kind_static": Text("access key", "액세스 키"),
    "kind_shared_profile": Text("profile of ~/.aws", "~/.aws 프로필"),
    "kind_default_chain": Text("default credential chain", "기본 자격 증명 체인"),
    "account": Text("Account", "계정"),
    "identity": Text("Identity", "신원"),
    "regions": Text("Regions", "리전"),
    "no_identity": Text("AWS does not tell who this is.", "신원을 확인하지 못했습니다."),
    "all_allowed": Text("All {n} permissions are there", "권한 {n}개 모두 있음"),
    "some_missing": Text("{n} permissions are missing", "권한 {n}개 없음"),
    "some_failed": Text("{n} could not be tried", "{n}개 확인 실패"),
    "some_untried": Text("{n} not tried, as AWS bills them", "과금되어 확인하지 않음 {n}개"),
    "try_billed": Text("Try the billed ones too ({usd})", "과금되는 권한도 확인 ({usd})"),
    "try_again": Text("Try again", "다시 확인"),
    "checked_in": Text(
        "Each call was tried once, in {region}. What is denied elsewhere shows on the pages.",
        "각 호출을 {region}에서 한 번씩 시도했습니다. 다른 리전에서 거부되는 권한은 각 페이지에 표시됩니다.",
    ),
    "permission": Text("Permission", "권한"),
    "state": Text("State", "상태"),
    "needed_by": Text("Needed by", "필요한 명령"),
    "message": Text("What AWS said", "AWS 응답"),
    "allowed": Text("allowed", "허용"),
    "denied": Text("denied", "거부"),
    "failed": Text("failed", "실패"),
    "not tried": Text("not tried", "확인 안 함"),
    "policy": Text("Policy to attach", "연결할 정책"),
    "policy_help": Text(
        "The least that all commands need; it allows reading only. Leave out what you do not use. With the names of "
        "log buckets it allows collecting from them too.",
        "모든 명령에 필요한 최소 권한으로 읽기만 허용합니다. 쓰지 않는 항목은 빼도 됩니다. 로그 버킷 이름을 넣으면 "
        "수집 권한도 포함됩니다.",
    ),
    "buckets": Text("Log buckets, comma-separated", "로그 버킷 (쉼표로 구분)"),
    "wrong_bucket": Text("This is no name of a bucket: {name}", "버킷 이름이 아닙니다: {name}"),
    "spending": Text("What questions have cost", "조회에 쓴 비용"),
    "this_month": Text("This month (UTC)", "이번 달 (UTC)"),
    "may_cost": Text("Budget", "예산"),
    "requests": Text("Billed requests", "과금된 요청"),
    "until": Text("Next budget", "다음 예산"),
    "how": Text("How to connect", "연결 방법"),
    "how_1": Text(
        "On your own machine nothing is needed: credentials of the environment or of `~/.aws` are found, and "
        "`AWS_PROFILE` chooses among them. Restart the app after a change.",
        "내 컴퓨터에서는 따로 할 일이 없습니다. 환경 변수나 `~/.aws`의 자격 증명을 찾아 쓰며 `AWS_PROFILE`로 고를 수 "
        "있습니다. 바꾼 뒤에는 앱을 다시 시작하세요.",
    ),
    "how_2": Text(
        "For several accounts, name profiles of `~/.aws/config` in `TRAILBOARD_PROFILES=prod,dev`, or write the tables "
        "below to `.streamlit/secrets.toml`, which hosted apps keep in their settings.",
        "계정이 여럿이면 `TRAILBOARD_PROFILES=prod,dev`에 `~/.aws/config`의 프로필을 적거나 아래 표를 "
        "`.streamlit/secrets.toml`에 쓰세요. 호스팅된 앱에서는 앱 설정의 시크릿에 넣습니다.",
    ),
    "how_3": Text(
        "In each account make a role with the policy above, which the account of the app may assume with the external "
        "id, and name its ARN here.",
        "계정마다 위 정책을 연결한 역할을 만들고, 앱의 계정이 외부 ID로 수임할 수 있게 한 뒤 그 ARN을 적으세요.",
    ),
    "settings": Text("Settings", "설정"),
    "settings_hidden": Text(
        "This app is hosted for strangers, so it does not tell where it reads and writes.",
        "여러 사람에게 공개된 앱이므로 읽고 쓰는 위치를 표시하지 않습니다.",
    ),
    "setting": Text("Setting", "설정"),
    "value": Text("Value", "값"),
    "comes_from": Text("Comes from", "출처"),
    "by_default": Text("default", "기본값"),
    "by_environment": Text("environment", "환경 변수"),
    "is_set": Text("set, not shown", "설정됨 (표시하지 않음)"),
    "not_set": Text("not set", "설정 안 됨"),
    "sample_lake": Text("sample data", "샘플 데이터"),
    "lake": Text("Lake", "로그 저장소"),
    "home": Text("Home folder", "홈 폴더"),
    "zone": Text("Time zone", "시간대"),
    "who_asks": Text("Profiles", "프로필"),
    "default_regions": Text("Regions of profiles without their own", "리전이 없는 프로필의 리전"),
    "question_budget": Text("Budget of questions", "조회 예산"),
    "cost_budget": Text("Monthly budget of AWS", "AWS 월 예산"),
    "exchange": Text("Sources of the exchange rate", "환율 출처"),
    "exchange_key": Text("Key of Korea Eximbank", "한국수출입은행 인증키"),
    "endpoint": Text("Endpoint of AWS", "AWS 엔드포인트"),
    "watched": Text("Logs that are collected", "수집하는 로그"),
    "countries": Text("Expected countries", "예상 국가"),
    "types": Text("Expected instance types", "예상 인스턴스 유형"),
    "tags": Text("Cost tags", "비용 태그"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of the page's texts, in a language."""
    return TEXTS[key].to(language, **values)
