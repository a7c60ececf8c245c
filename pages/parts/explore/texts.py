"""The texts of the Explore page, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    # editor and toolbar
    "editor": Text("Query", "쿼리"),
    "placeholder": Text("table duration=1d cloudtrail* | …", "table duration=1d cloudtrail* | …"),
    "fix": Text("Use {word}", "{word}(으)로 바꾸기"),
    "run": Text("Run", "실행"),
    "cancel": Text("Cancel", "취소"),
    "examples": Text("Examples", "예제"),
    "fields": Text("Fields", "필드"),
    "narrow": Text("Range", "범위"),
    "narrow_help": Text("Write a time range or filters into the query", "기간과 필터를 쿼리에 써 넣습니다"),
    "tidy": Text("Tidy", "정돈"),
    "tidy_help": Text("One command a line, written the standard way", "명령마다 줄을 나누고 표준 형식으로 고칩니다"),
    # examples
    "recent": Text("Run recently", "최근 실행"),
    "basics": Text("Questions to begin with", "이런 질문부터 시작해 보세요"),
    "incidents": Text("Incidents hidden in the sample data", "샘플 데이터에 숨어 있는 사건"),
    "start_here": Text(
        "Write a query and press Ctrl+Enter, or take one of these.",
        "쿼리를 쓰고 Ctrl+Enter를 누르거나, 아래에서 하나를 골라 보세요.",
    ),
    # range and filters
    "range_for": Text("Time range", "기간"),
    "range_kept": Text("as written", "그대로"),
    "range_absolute": Text("from – to", "직접 지정"),
    "accounts_only": Text("Only these accounts", "이 계정만"),
    "regions_only": Text("Only these regions", "이 리전만"),
    "write": Text("Write into the query", "쿼리에 써 넣기"),
    "write_run": Text("Write and run", "써 넣고 실행"),
    "cannot_write": Text(
        "The query has a mistake, so it cannot be changed yet.", "쿼리에 오류가 있어 아직 고칠 수 없습니다."
    ),
    "wrong_range": Text("The end must be after the start.", "끝은 시작보다 뒤여야 합니다."),
    # running
    "running": Text("Running for {seconds} s…", "{seconds}초째 실행 중…"),
    "waiting": Text("Waiting for a free place…", "실행 순서를 기다리는 중…"),
    "cancelled": Text("Cancelled after {seconds} s.", "{seconds}초 만에 취소했습니다."),
    "timed_out": Text(
        "Stopped: the query ran longer than {minutes} minutes. A shorter time range helps.",
        "쿼리가 {minutes}분을 넘겨 중지했습니다. 기간을 줄여 보세요.",
    ),
    "query_problem": Text("The query cannot run", "쿼리를 실행할 수 없습니다"),
    "source_problem": Text("The data could not be read", "데이터를 읽지 못했습니다"),
    "use_fix": Text("Use `{word}` and run", "`{word}`(으)로 바꿔 실행"),
    # figures
    "rows": Text("{n} rows", "{n}행"),
    "one_row": Text("1 row", "1행"),
    "first_rows": Text("the first {n} rows", "처음 {n}행"),
    "elapsed": Text("{seconds} s", "{seconds}초"),
    "files": Text("{read} of {total} files", "파일 {read}/{total}개"),
    "bytes": Text("{size} read", "{size} 읽음"),
    "as_of": Text("as of {time}", "{time} 기준"),
    "capped": Text(
        "There are more rows: {n} are shown at most, and {file} go into a file. Summarise, or shorten the time range.",
        "결과가 더 있습니다. 화면에는 {n}행, 파일에는 {file}행까지 담깁니다. 요약하거나 기간을 줄여 보세요.",
    ),
    "table_cut": Text(
        "The table shows {n} of them; downloads have all.", "표에는 {n}행만 표시되며, 내려받으면 모두 들어 있습니다."
    ),
    "nothing": Text("The query ran and found nothing.", "쿼리를 실행했지만 결과가 없습니다."),
    "nothing_help": Text(
        "A longer time range may help; names and values are case-sensitive.",
        "기간을 늘려 보세요. 이름과 값은 대소문자를 구분합니다.",
    ),
    # chart
    "chart": Text("Chart", "차트"),
    "auto": Text("Automatic", "자동"),
    "number": Text("Number", "숫자"),
    "line": Text("Lines", "선"),
    "stacked": Text("Columns", "누적 막대"),
    "bar": Text("Bars", "막대"),
    "map": Text("Map", "지도"),
    "box": Text("Box plot", "상자그림"),
    "rows_chart": Text("Rows over time", "시간대별 행 수"),
    "none_chart": Text("No chart", "차트 없음"),
    "more_names": Text("{n} more are in the table only.", "나머지 {n}개는 표에서만 볼 수 있습니다."),
    "more_together": Text("{n} more are drawn together as “other”.", "나머지 {n}개는 ‘기타’로 묶었습니다."),
    "merged": Text("Every {n}th point is drawn.", "점 {n}개마다 하나씩 그렸습니다."),
    "click_hint": Text("Click a mark to see the rows behind it.", "막대를 누르면 원본 행을 볼 수 있습니다."),
    "click_country": Text("Click a country to see the rows behind it.", "국가를 누르면 원본 행을 볼 수 있습니다."),
    "chart_of": Text("Chart of the result of: {query}", "쿼리 결과 차트: {query}"),
    "table_of": Text("Result of: {query}", "쿼리 결과: {query}"),
    # table and row
    "empty_columns": Text("Empty columns ({n})", "빈 열 {n}개"),
    "empty_columns_help": Text("Show columns in which every row is null", "모든 행이 null인 열도 표시합니다"),
    "open_row": Text("Open the row", "행 열기"),
    "row": Text("Row {n}", "{n}행"),
    "of_rows": Text("{n} of {total}", "{total}행 중 {n}번째"),
    "previous_row": Text("Previous row", "이전 행"),
    "next_row": Text("Next row", "다음 행"),
    "tree": Text("Fields", "필드"),
    "as_text": Text("JSON", "JSON"),
    "behind": Text("Rows behind this row", "이 행의 원본 행"),
    "around": Text("Everything within 5 min", "전후 5분의 모든 이벤트"),
    "same_address": Text("Same address, within 1 h", "같은 IP 주소, 전후 1시간"),
    "same_key": Text("Same access key, within 1 h", "같은 액세스 키, 전후 1시간"),
    "same_name": Text("Same event name, within 1 day", "같은 이벤트 이름, 전후 1일"),
    # what ran
    "effective": Text("What ran", "실행된 쿼리"),
    "steps": Text("Plan", "실행 계획"),
    "sql": Text("SQL", "SQL"),
    "no_fields": Text("No table has been collected yet.", "아직 수집된 테이블이 없습니다."),
    "field": Text("Field", "필드"),
    "type": Text("Type", "형식"),
    "description": Text("Description", "설명"),
    # quartiles, for tooltips
    "min": Text("smallest", "최솟값"),
    "iqr1": Text("lower quartile", "1사분위수"),
    "iqr2": Text("median", "중앙값"),
    "iqr3": Text("upper quartile", "3사분위수"),
    "max": Text("largest", "최댓값"),
    "name": Text("Name", "이름"),
    "value": Text("Value", "값"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of the page's texts, in a language."""
    return TEXTS[key].to(language, **values)
