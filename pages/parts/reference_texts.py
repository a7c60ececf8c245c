"""The texts of the language reference, in English and Korean; what it says about a word is that word's docstring."""

from __future__ import annotations

from collections.abc import Mapping

from pages.parts.texts import Language, Text

TEXTS: dict[str, Text] = {
    "intro": Text(
        "A query is a row of commands with `|` between them: the first one reads rows, each of the others takes the "
        "rows of the one before it. Choose a word to see how it is written and what it does.",
        "쿼리는 `|`로 이어 쓴 명령입니다. 첫 명령이 행을 읽고, 다음 명령은 앞 명령의 결과를 받아 처리합니다. 단어를 "
        "누르면 문법과 동작을 볼 수 있습니다. 설명 본문은 영어입니다.",
    ),
    "search": Text("Search the reference", "언어 안내 검색"),
    "placeholder": Text("sort, regular expression, null…", "sort, regular expression, null…"),
    "topic": Text("Topic", "주제"),
    "everything": Text("All words", "모든 단어"),
    "unknown": Text("There is no word “{word}”.", "‘{word}’(이)라는 단어는 없습니다."),
    "nothing": Text("Nothing in the reference fits.", "검색 결과가 없습니다."),
    "found": Text("{n} found", "{n}개 찾음"),
    # kinds, behind a word
    "command": Text("command", "명령"),
    "function": Text("function", "함수"),
    "aggregate": Text("aggregate", "집계 함수"),
    # parts of an entry
    "conventions": Text(
        "In syntax, `[…]` may be left out, `…` repeats what stands before it, and `'['` is a bracket that you write.",
        "문법에서 `[…]`는 생략할 수 있고, `…`는 앞의 것을 반복하며, `'['`는 실제로 쓰는 대괄호입니다.",
    ),
    "aliases": Text("Also called {names}.", "{names}(으)로도 쓸 수 있습니다."),
    "options": Text("Options", "옵션"),
    "option": Text("Option", "옵션"),
    "meaning": Text("Meaning", "의미"),
    "more": Text("Good to know", "알아 두기"),
    "example": Text("Example", "예제"),
    "result": Text("Result", "결과"),
    "first_rows": Text("The first {n} rows", "처음 {n}행"),
    "no_rows": Text(
        "It runs and finds no rows in the data at hand.", "실행되지만 지금 데이터에는 해당하는 행이 없습니다."
    ),
    "not_run": Text("It does not run here: {why}", "여기서는 실행되지 않습니다: {why}"),
    "asks_aws": Text(
        "It asks AWS accounts, so it is not run until you ask for it.",
        "AWS 계정에 요청을 보내므로, 직접 실행하기 전에는 실행하지 않습니다.",
    ),
    "try": Text("Try it", "실행해 보기"),
    "link": Text("Link to this", "이 항목만 보기"),
    "link_help": Text(
        "Show this word alone; the address of the page then leads here",
        "이 항목만 표시하며, 그때의 페이지 주소를 공유할 수 있습니다",
    ),
}

TOPICS: Mapping[str, Text] = {
    "sources": Text("Where rows come from", "행을 읽는 명령"),
    "rows": Text("Rows and fields", "행과 필드"),
    "summaries": Text("Summaries", "요약"),
    "aggregate": Text("Aggregates", "집계 함수"),
    "combining": Text("Combining rows", "행 결합"),
    "parsing": Text("From text to fields and back", "텍스트와 필드 변환"),
    "parameters": Text("Parameters", "매개변수"),
    "aws": Text("Asking AWS", "AWS 조회"),
    "conditional": Text("Tests and choices", "조건과 선택"),
    "text": Text("Text", "문자열"),
    "number": Text("Numbers", "숫자"),
    "date": Text("Dates", "날짜와 시간"),
    "address": Text("IP addresses", "IP 주소"),
    "collection": Text("Arrays and maps", "배열과 맵"),
    "conversion": Text("From one type to another", "형식 변환"),
    "typetest": Text("What type a value has", "형식 확인"),
    "reference": Text("Parameters and computed names", "매개변수와 이름 참조"),
    "crypto": Text("Digests, ciphers and random bytes", "해시와 암호화"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """One of the page's texts, in a language."""
    return TEXTS[key].to(language, **values)
