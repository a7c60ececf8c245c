"""The texts of a viewer's own dashboard, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    "add": Text("Add to dashboard", "대시보드에 추가"),
    "panel_title": Text("Title", "제목"),
    "chart": Text("Shown as", "표시 방식"),
    "add_now": Text("Add", "추가"),
    "was_added": Text("“{title}” is on your dashboard now.", "‘{title}’을(를) 내 대시보드에 추가했습니다."),
    "table": Text("Table", "표"),
    "empty": Text(
        "Nothing here yet. Run a query in Explore and press “Add to dashboard”, or import a dashboard's file.",
        "아직 패널이 없습니다. 탐색에서 쿼리를 실행하고 ‘대시보드에 추가’를 누르거나 대시보드 파일을 가져오세요.",
    ),
    "go_explore": Text("Open Explore", "탐색 열기"),
    "export": Text("Export", "내보내기"),
    "import": Text("Import", "가져오기"),
    "import_help": Text(
        "A dashboard's file (.json). Its panels are added behind yours.",
        "대시보드 파일(.json)의 패널을 지금 패널 뒤에 추가합니다.",
    ),
    "imported": Text("{n} panels added", "패널 {n}개를 추가했습니다"),
    "session_only": Text(
        "This app is shared by strangers: your dashboard lasts as long as this tab. Export it to keep it.",
        "여럿이 함께 쓰는 앱이라 대시보드는 이 탭을 닫으면 사라집니다. 계속 쓰려면 내보내 두세요.",
    ),
    "menu": Text("Query, place and title of “{title}”", "‘{title}’의 쿼리, 위치, 제목"),
    "rename": Text("Rename", "제목 바꾸기"),
    "earlier": Text("Move forward", "앞으로 옮기기"),
    "later": Text("Move back", "뒤로 옮기기"),
    "wide": Text("Full width", "전체 너비"),
    "remove": Text("Remove", "제거"),
    "no_filters": Text(
        "Filters do not apply to this panel: it reads other logs.",
        "다른 로그를 읽는 패널이라 필터가 적용되지 않습니다.",
    ),
    "first_rows": Text("The first {n} rows", "처음 {n}행"),
    "not_asked": Text("AWS bills this question: about {usd}.", "AWS가 과금하는 조회입니다(약 {usd})."),
    "ask_aws": Text("Ask AWS ({usd})", "AWS에 조회 ({usd})"),
    "wrong_panel": Text("A panel needs a title and a query.", "패널에는 제목과 쿼리가 필요합니다."),
    "wrong_file": Text("This is no file of a dashboard.", "대시보드 파일이 아닙니다."),
    "too_many_panels": Text("A dashboard has 40 panels at most.", "대시보드에는 패널을 40개까지 둘 수 있습니다."),
    "has_secret": Text(
        "A query seems to quote a secret, so it is not written to the disk.",
        "쿼리에 비밀 값이 들어 있는 것 같아 디스크에 저장하지 않습니다.",
    ),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of these texts, in a language."""
    return TEXTS[key].to(language, **values)
