"""Pages of what AWS answers: how old the answers are, what asking costs, and consent before AWS bills something new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from engine.aws.command import AwsCommand
from engine.aws.live import Live
from engine.language.errors import TrailboardError
from engine.language.grammar import parse
from engine.language.rewrite import live_commands
from engine.query import Result
from engine.screen import neutralise
from pages.parts import data, live
from pages.parts.days import Days
from pages.parts.live import Price, commands_of
from pages.parts.live_texts import translate
from pages.parts.panel import Dashboard, Panel
from pages.parts.periods import age
from pages.parts.purse import purse
from pages.parts.units import money
from pages.parts.view import View

AGREED = "agreed_questions"  # session key: commands that the viewer has agreed to pay for
ESTIMATED = "aws-cost days=30 unblended_cost | search estimated == true | stats min(start) as since"
MOST_NAMES = 2
NEARLY = 0.8  # of the budget of questions


def usd(amount: float) -> str:
    """What a question costs: cents, or parts of one.

    >>> usd(0.03), usd(0.00025), usd(5)
    ('0.03 USD', '0.0003 USD', '5.00 USD')
    """
    return f"{amount:.2f} USD" if amount >= 0.01 or not amount else f"{max(amount, 0.0001):.4f} USD"


def price_of(panels: Sequence[Panel], view: View) -> Price:
    """What these panels' questions cost."""
    assert view.live is not None
    return live.price(commands_of(panels, view.live, view.now), view.zone, view.source, view.now)


# consent --------------------------------------------------------------------------------------------------------------


def agreed(panel: Panel, view: View) -> bool:
    """Whether the panel may ask; if not, it says what that would cost, with a button to agree."""
    assert view.live is not None
    commands = commands_of([panel], view.live, view.now)
    cost = live.price(_unagreed(commands), view.zone, view.source, view.now)
    if not cost.needs_consent:
        return True
    amount = usd(cost.unknown_usd)
    with st.container(
        height=max(panel.height - 110, 90), border=False, horizontal_alignment="center", vertical_alignment="center"
    ):
        help_text = translate("not_asked_help", view.language, usd=amount)
        st.badge(translate("not_asked", view.language), icon=":material/payments:", color="gray", help=help_text)
        st.caption(help_text)
        st.button(
            translate("consent_one", view.language, usd=amount),
            key=f"{panel.id}_agree",
            on_click=_agree,
            args=(commands,),
        )
    return False


def _agree(commands: Sequence[AwsCommand]) -> None:
    st.session_state[AGREED] = _agreed() | {command.told() for command in commands}


def _agreed() -> frozenset[str]:
    return frozenset(st.session_state.get(AGREED, ()))


def _unagreed(commands: Sequence[AwsCommand]) -> list[AwsCommand]:
    known = _agreed()
    return [command for command in commands if command.told() not in known]


def ask_for_consent(dashboard: Dashboard, view: View) -> None:
    """One button for all that AWS would bill and nobody has asked before."""
    assert view.live is not None
    commands = commands_of(dashboard.panels, view.live, view.now)
    cost = live.price(_unagreed(commands), view.zone, view.source, view.now)
    if not cost.needs_consent:
        return
    amount = usd(cost.unknown_usd)
    with st.container(border=True, key="consent"):
        st.markdown(f":material/payments: {translate('consent', view.language, usd=amount, n=cost.unknown)}")
        st.button(
            translate("consent_all", view.language, usd=amount),
            key="agree_all",
            type="primary",
            on_click=_agree,
            args=(commands,),
        )


# status ---------------------------------------------------------------------------------------------------------------


def status(dashboard: Dashboard, view: View, *, is_money: bool) -> None:
    """A line above the panels: age of the answers, what is estimated, what was spent, and a button to ask again."""
    assert view.live is not None
    commands = commands_of(dashboard.panels, view.live, view.now)
    for command in commands:
        parse(command.key())  # here, because a grammar's first use is not made for several threads
    told = [item for command in commands for item in live.explained(command, view.zone, view.source, view.now)]
    waits = any(item.refreshing for item in told)

    @st.fragment(parallel=True, run_every="2s" if waits else None)
    def line() -> None:
        now_told = [item for command in commands for item in live.explained(command, view.zone, view.source, view.now)]
        if waits and not any(item.refreshing for item in now_told):
            live.answers().forget()
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="live_status"):
            _age(answers_of(dashboard, view), view)
            if is_money:
                _estimated(view)
                _rate(view)
            _spent(view)
            _renew_button(commands, view)

    line()


def answers_of(dashboard: Dashboard, view: View) -> list[Live]:
    """What the panels' answers owe to AWS; of panels that wait for consent or fail, nothing."""
    assert view.live is not None
    found: list[Live] = []
    for panel in dashboard.panels:
        commands = _unagreed(commands_of([panel], view.live, view.now))
        if live.price(commands, view.zone, view.source, view.now).needs_consent:
            continue
        try:
            found += view.ask(view.filled(panel.query)).live
        except TrailboardError:
            continue  # the panel tells
    return found


def _age(told: Sequence[Live], view: View) -> None:
    times = [item.fetched_at for item in told if item.fetched_at is not None]
    if not times:
        return
    text = translate("answered", view.language, age=how_old(min(times), view))
    is_old = any(item.is_stale for item in told)
    if any(item.refreshing for item in told):
        text = f"{text}, {translate('refreshing', view.language)}"
    help_text = translate("answered_help", view.language)
    st.badge(text, icon=":material/schedule:", color="orange" if is_old else "gray", help=help_text)


def how_old(moment: datetime, view: View) -> str:
    now = view.now if data.profiles().is_demo else datetime.now(UTC)
    return age(moment, now, view.language)


def _estimated(view: View) -> None:
    try:
        if live.price(_unagreed(_commands(ESTIMATED, view)), view.zone, view.source, view.now).needs_consent:
            return
        since = view.ask(view.filled(ESTIMATED)).frame["since"].dropna().tolist()
    except TrailboardError:
        return  # the panels tell
    if since:
        st.badge(
            translate("estimated", view.language, day=neutralise(str(since[0]))),
            icon=":material/hourglass_top:",
            color="orange",
            help=translate("estimated_help", view.language),
        )


def _rate(view: View) -> None:
    """The rate that the amounts on the page rest on."""
    note = purse(view).note
    if note:
        st.badge(note, icon=":material/currency_exchange:", color="gray")


def _commands(text: str, view: View) -> tuple[AwsCommand, ...]:
    assert view.live is not None
    return live_commands(view.live.on(parse(Days.at(view.now).fill(text))))


def _spent(view: View) -> None:
    """What questions have cost this month; nothing on sample data, which cost nothing."""
    assert view.live is not None
    aws = live.engine(view.zone, view.source, view.now).aws
    if aws is None or data.profiles().is_demo:
        return
    spending = aws.spending(view.now)
    text = translate("spent", view.language, spent=usd(spending.usd), budget=usd(spending.budget))
    colour: Literal["gray", "orange", "red"] = "gray"
    if spending.usd >= NEARLY * spending.budget:
        colour = "red" if spending.usd >= spending.budget else "orange"
    st.badge(text, icon=":material/payments:", color=colour, help=translate("spent_help", view.language))


def _renew_button(commands: Sequence[AwsCommand], view: View) -> None:
    cost = live.price(commands, view.zone, view.source, view.now)
    label = (
        translate("renew_billed", view.language, usd=usd(cost.usd)) if cost.usd else translate("renew", view.language)
    )
    help_text = (
        translate("renew_help", view.language, n=cost.billed, usd=usd(cost.usd))
        if cost.usd
        else translate("renew_help_free", view.language)
    )
    if st.button(label, icon=":material/refresh:", type="tertiary", key="renew", help=help_text):
        known = [command for command in commands if _is_known(command, view)]
        problems = live.renew(known, view.zone, view.source, view.now)
        st.session_state["renew_problems"] = problems
        st.rerun()
    problems = st.session_state.pop("renew_problems", [])
    if problems:
        with st.popover(translate("renew_failed", view.language), icon=":material/warning:"):
            for problem in problems:
                st.text(problem)


def _is_known(command: AwsCommand, view: View) -> bool:
    """Whether asking again bills nothing that was not agreed to before."""
    return not live.price(_unagreed([command]), view.zone, view.source, view.now).needs_consent


# notes on a card ------------------------------------------------------------------------------------------------------


def failures(answer: Result, view: View) -> None:
    """Who did not answer, on the card; why is behind a click."""
    failed = list(dict.fromkeys(name for item in answer.live for name in item.failed))
    if not failed:
        return
    names = ", ".join(map(_literal, failed[:MOST_NAMES]))
    if len(failed) > MOST_NAMES:
        names = translate("more_failed", view.language, names=names, n=len(failed) - MOST_NAMES)
    label = f":orange[{translate('failed_parts', view.language, names=names)}]"
    with st.popover(label, icon=":material/warning:", type="tertiary"):
        for warning in answer.warnings:
            st.code(neutralise(warning), language=None, wrap_lines=True)


def _literal(text: str) -> str:
    """A name as a label, which is Markdown."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+!|~$:&" else char for char in neutralise(text))


def about(answer: Result, view: View) -> str:
    """How old the answer is, in a card's last line."""
    times = [item.fetched_at for item in answer.live if item.fetched_at is not None]
    return "" if not times else translate("asked_at", view.language, age=how_old(min(times), view))


def billed(answer: Result, view: View) -> str:
    """What the answer itself cost: calls and USD."""
    calls, spent = sum(item.calls for item in answer.live), sum(item.cost_usd for item in answer.live)
    return translate("calls", view.language, n=calls, usd=money(spent, "USD"))
