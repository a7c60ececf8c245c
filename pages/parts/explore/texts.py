"""The texts of the Explore page, in English and Korean."""

from __future__ import annotations

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    # editor and toolbar
    "editor": Text("Query", "쿼리"),
    "placeholder": Text("table duration=1d cloudtrail* | …", "table duration=1d cloudtrail* | …"),
    "fix": Text("Use {word}", "{word}(으)로 바꾸기"),
    "run": Text("Run", "실행"),
    "keys": Text("Keys", "단축키"),
    "key_run": Text("Run the query, or the selected part of it", "쿼리 실행, 선택한 부분이 있으면 그 부분만 실행"),
    "key_complete": Text("Complete; Tab or Enter accepts", "자동 완성, Tab이나 Enter로 선택"),
    "key_comment": Text("Turn commands into comments and back", "명령을 주석으로 바꾸거나 되돌리기"),
    "key_tidy": Text("Tidy", "정돈"),
    "key_mistakes": Text("Go to the next mistake, and its fix", "다음 오류와 수정 제안으로 이동"),
    "key_leave": Text("Leave the editor: Tab then moves on", "편집기에서 나가기: 다음 Tab은 다음 항목으로 이동"),
    "cancel": Text("Cancel", "취소"),
    "examples": Text("Examples", "예제"),
    "fields": Text("Tables", "테이블"),
    "narrow": Text("Range", "범위"),
    "narrow_help": Text("Write a time range or filters into the query", "기간과 필터를 쿼리에 써 넣습니다"),
    "tidy": Text("Tidy", "정돈"),
    "tidy_help": Text("One command a line, written the standard way", "명령마다 줄을 나누고 표준 형식으로 고칩니다"),
    "no_value": Text("no value", "값 없음"),
    # saved and recent queries
    "save": Text("Save", "저장"),
    "save_query": Text("Save this query", "쿼리 저장"),
    "name_of_query": Text("Name", "이름"),
    "what_for": Text("What it is for", "설명"),
    "replaces": Text("There is a query of this name: it will be replaced.", "같은 이름의 쿼리를 덮어씁니다."),
    "replace": Text("Replace", "덮어쓰기"),
    "saved_as": Text("Saved as “{name}”.", "‘{name}’(으)로 저장했습니다."),
    "wrong_name": Text(
        "A name has letters, digits, blanks and . ( ) + - _ only, 80 at most.",
        "이름에는 글자, 숫자, 공백과 . ( ) + - _ 만 80자까지 쓸 수 있습니다.",
    ),
    "wrong_length": Text(
        "The query is empty or too long to be saved.", "쿼리가 비어 있거나 너무 길어 저장할 수 없습니다."
    ),
    "has_secret": Text(
        'This query seems to quote a secret, so it is not written to the disk. Use a parameter instead: $("name").',
        '쿼리에 비밀 값이 들어 있는 것 같아 디스크에 저장하지 않습니다. 대신 $("name") 파라미터를 쓰세요.',
    ),
    "too_many": Text("There are too many saved queries already.", "저장된 쿼리가 너무 많습니다."),
    "not_imported": Text("This is no file of saved queries.", "저장된 쿼리 파일이 아닙니다."),
    "session_only": Text(
        "This app is shared by strangers: what you save lasts as long as this tab. Export it to keep it.",
        "여럿이 함께 쓰는 앱이라 저장한 내용은 이 탭을 닫으면 사라집니다. 계속 쓰려면 내보내 두세요.",
    ),
    "my_queries": Text("My queries", "내 쿼리"),
    "saved": Text("Saved", "저장됨"),
    "recent": Text("Recent", "최근 실행"),
    "none_saved": Text(
        "Nothing saved yet. Write a query and press Save.", "아직 저장된 쿼리가 없습니다. 쿼리를 쓰고 저장을 누르세요."
    ),
    "none_recent": Text("Nothing has run yet.", "아직 실행한 쿼리가 없습니다."),
    "forget_all": Text("Forget all of these", "최근 기록 모두 지우기"),
    "find": Text("Find", "찾기"),
    "open_saved": Text("Put it into the editor and run it", "편집기에 넣고 실행합니다"),
    "export": Text("Export", "내보내기"),
    "export_all": Text("Export all", "모두 내보내기"),
    "import": Text("Import", "가져오기"),
    "import_help": Text("Files of queries (.lpql, .zip)", "쿼리 파일 (.lpql, .zip)"),
    "files_of_queries": Text("Export and import", "내보내기와 가져오기"),
    "delete": Text("Delete", "삭제"),
    "really_delete": Text("Really delete", "정말 삭제"),
    "keep": Text("Keep", "그대로 두기"),
    # examples
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
    "not_asked": Text("Not asked yet", "아직 조회하지 않음"),
    "not_run": Text("Not run yet", "아직 실행하지 않음"),
    "consent_writes": Text(
        "This query came with a link and writes a file. It runs when you say so.",
        "링크로 열린 쿼리이며 파일을 씁니다. 확인해야 실행됩니다.",
    ),
    "run_anyway": Text("Run, write the file", "실행하고 파일 쓰기"),
    "consent_bills_again": Text(
        "This query came with a link and asks AWS anew though there may be an answer: about {usd}. Nothing is asked "
        "until you agree.",
        "링크로 열린 쿼리이며 보관된 응답이 있어도 AWS에 다시 조회합니다(약 {usd}). 동의하기 전에는 조회하지 않습니다.",
    ),
    "consent_bills": Text(
        "AWS bills this query, and nobody has asked it before: about {usd}. Nothing is asked until you agree.",
        "AWS에서 과금되는 쿼리이며 아직 조회한 적이 없습니다(약 {usd}). 동의하기 전에는 조회하지 않습니다.",
    ),
    "ask_aws": Text("Ask AWS ({usd})", "AWS에 조회 ({usd})"),
    # figures
    "rows": Text("{n} rows", "{n}행"),
    "one_row": Text("1 row", "1행"),
    "first_rows": Text("the first {n} rows", "처음 {n}행"),
    "elapsed": Text("{seconds} s", "{seconds}초"),
    "files": Text("{read} of {total} files", "파일 {read}/{total}개"),
    "bytes": Text("{size} read", "{size} 읽음"),
    "as_of": Text("as of {time}", "{time} 기준"),
    "first_of_rows": Text("the first {n} of {total} rows", "전체 {total}행 중 처음 {n}행"),
    "capped": Text(
        "The screen shows {n} rows at most; downloads have all of them.",
        "화면에는 {n}행까지만 표시하며, 내려받은 파일에는 모든 행이 들어 있습니다.",
    ),
    "early_rows": Text(
        "The first {n} rows; more are on their way.", "먼저 찾은 {n}행입니다. 나머지를 가져오는 중입니다."
    ),
    "part_ran": Text(
        "This is the answer to another text than the editor's: a part of it, or what stood there before.",
        "편집기의 현재 내용이 아니라 그 일부 또는 이전 내용을 실행한 결과입니다.",
    ),
    "table_cut": Text(
        "The table shows {n} of them; downloads have all.", "표에는 {n}행만 표시되며, 내려받으면 모두 들어 있습니다."
    ),
    "nothing": Text("The query ran and found nothing.", "쿼리를 실행했지만 결과가 없습니다."),
    "nothing_help": Text(
        "A longer time range may help; names and values are case-sensitive.",
        "기간을 늘려 보세요. 이름과 값은 대소문자를 구분합니다.",
    ),
    "no_values_given": Text("No value is given for: {names}", "값을 넣지 않은 파라미터: {names}"),
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
    "zoom_hint": Text(
        "Drag over a stretch of time to zoom into it, or click a column.",
        "구간을 끌어 확대하거나 막대를 누르세요.",
    ),
    "zoom": Text("Zoom", "확대"),
    "zoom_last": Text("Last column", "마지막 막대"),
    "click_country": Text("Click a country to see the rows behind it.", "국가를 누르면 원본 행을 볼 수 있습니다."),
    "chart_of": Text("Chart of the result of: {query}", "쿼리 결과 차트: {query}"),
    "table_of": Text("Result of: {query}", "쿼리 결과: {query}"),
    # fields
    "show_fields": Text("Fields and values", "필드와 값"),
    "reading_fields": Text("Reading the rows…", "행을 읽는 중…"),
    "fields_before": Text("Of the newest {n} rows before the summary", "요약하기 전 최신 {n}행 기준"),
    "choose_field": Text("Choose a field to see its values", "값을 볼 필드를 고르세요"),
    "filled": Text("Filled", "채움"),
    "fields_of_answer": Text("Fields with their type and how full they are", "필드별 형식과 채움 비율"),
    "no_values": Text("Values of the type {type} are not listed.", "{type} 형식의 값은 목록으로 표시하지 않습니다."),
    "values_of": Text("{n} different values, in {share} of the rows", "서로 다른 값 {n}개, 행의 {share}에 있음"),
    "search_value": Text("Search for this value", "이 값만 찾기"),
    "without_value": Text("Leave out {value}", "{value} 제외하기"),
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
    "measure": Text("Measure rows and time of each step", "단계별 행 수와 시간 재기"),
    "measure_help": Text(
        "Runs the query up to each of its commands, so it takes a few times as long as the query.",
        "쿼리를 명령마다 끊어서 실행하므로 쿼리보다 몇 배 오래 걸립니다.",
    ),
    "measuring": Text("Measuring…", "재는 중…"),
    "not_measured": Text(
        "Steps are not measured, because that would ask AWS again.", "AWS에 다시 조회하게 되므로 단계를 재지 않습니다."
    ),
    "step": Text("Command", "명령"),
    "rows_after": Text("Rows after it", "이후 행 수"),
    "ms_until": Text("ms until here", "누적 ms"),
    "ms_more": Text("ms more", "추가 ms"),
    "measured_note": Text(
        "Time is that of counting the rows up to each command; columns that nobody asks for are not read, so a step "
        "may also take less than the one before. The query itself took {ms} ms.",
        "각 명령까지의 행 수를 세는 데 걸린 시간입니다. 쓰지 않는 열은 읽지 않으므로 앞 단계보다 짧을 수 있습니다. "
        "쿼리 자체는 {ms} ms 걸렸습니다.",
    ),
    "files_read": Text("Files read", "읽은 파일"),
    "files_pruned": Text("Files spared by the time range", "기간으로 건너뛴 파일"),
    "bytes_read": Text("Bytes read", "읽은 양"),
    "table_name": Text("Table", "테이블"),
    "no_files": Text("This query reads no files of the lake.", "이 쿼리는 저장소의 파일을 읽지 않습니다."),
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
