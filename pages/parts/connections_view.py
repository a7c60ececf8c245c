"""Who asks AWS and what it may ask, the policy to attach, what questions have cost, and where settings come from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from engine.aws.live import Aws
from engine.aws.permissions import Connection, Permission, check, connection, policy
from engine.aws.profiles import Profile
from engine.screen import neutralise
from engine.settings import Settings
from pages.parts import data, live
from pages.parts.card import guarded
from pages.parts.connections_facts import SECRETS, Setting, buckets_in, settings_in_force
from pages.parts.connections_texts import translate
from pages.parts.livecard import usd
from pages.parts.view import View
from pages.parts.visuals.shown import TINTS

REMEMBERED = "10m"
STATES = {"allowed": "", "not tried": TINTS["info"], "failed": TINTS["amber"], "denied": TINTS["red"]}
WORST_FIRST = list(reversed(STATES))


def show_connections(view: View) -> None:
    """The page below its title."""
    st.caption(_t(view, "intro"))
    guarded(lambda: _profiles(view), view.language, key="connections")
    left, right = st.columns([1, 1])
    with left:
        guarded(lambda: _policy(view), view.language, key="policy")
    with right:
        guarded(lambda: _spending(view), view.language, key="spending")
        _how(view)
    guarded(lambda: _settings(view), view.language, key="settings")


def _t(view: View, key: str, **values: object) -> str:
    return translate(key, view.language, **values)


def _aws(view: View) -> Aws:
    """The way to AWS. Raises SourceError when the profiles are not understood."""
    data.profiles()
    aws = live.engine(view.zone, view.source, view.now).aws
    assert aws is not None
    return aws


# profiles -------------------------------------------------------------------------------------------------------------


def _profiles(view: View) -> None:
    st.subheader(_t(view, "profiles"), anchor=False)
    aws = _aws(view)
    if aws.profiles.is_demo:
        st.info(_t(view, "only_demo"), icon=":material/science:")
    for profile in aws.profiles.all:
        _card(profile, view)


def _card(profile: Profile, view: View) -> None:
    """One profile, which loads on its own: one that hangs keeps nobody waiting."""

    @st.fragment(parallel=True)
    def fragment() -> None:
        with st.container(border=True, key=f"connection_{_key(profile)}"):
            guarded(lambda: _profile(profile, view), view.language, key=f"connection_{_key(profile)}")

    fragment()


def _key(profile: Profile) -> str:
    """A profile's name as part of a key."""
    return profile.name.encode().hex()


def _profile(profile: Profile, view: View) -> None:
    found = who(profile.name, view.zone, view.source)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(
            neutralise(profile.name if profile.account_alias is None else f"{profile.name} · {profile.account_alias}")
        )
        st.badge(_t(view, f"kind_{found.auth}"), color="violet" if profile.demo else "blue", icon=":material/key:")
    if found.problem:
        st.badge(_t(view, "no_identity"), color="red", icon=":material/error:")
        st.code("\n".join(filter(None, (found.problem, found.hint))), language=None, wrap_lines=True)
        return
    with st.grid(3, min_column_width=200):
        _fact(_t(view, "account"), found.account_id or "–")
        _fact(_t(view, "identity"), found.arn or "–")
        _fact(_t(view, "regions"), ", ".join(found.regions))
    _permissions(profile, view)


def _fact(title: str, value: str) -> None:
    with st.container(gap=None):
        st.caption(title)
        st.code(neutralise(value), language=None, wrap_lines=True)


@st.cache_data(max_entries=64, ttl=REMEMBERED, show_spinner=True)
def who(name: str, zone: str, source: data.Source) -> Connection:
    """Who AWS takes a profile for."""
    aws = live.engine(zone, source, datetime.now(UTC)).aws
    assert aws is not None
    (profile,) = [item for item in aws.profiles.all if item.name == name]
    return connection(aws, profile, datetime.now(UTC))


@st.cache_data(max_entries=64, ttl=REMEMBERED, show_spinner=True)
def tried(name: str, billed: bool, zone: str, source: data.Source) -> list[Permission]:
    """What a profile may do, each call tried once; billed ones only on request."""
    aws = live.engine(zone, source, datetime.now(UTC)).aws
    assert aws is not None
    (profile,) = [item for item in aws.profiles.all if item.name == name]
    return check(aws, profile, datetime.now(UTC), billed=billed)


def _permissions(profile: Profile, view: View) -> None:
    asked = f"billed_{_key(profile)}"
    found = tried(profile.name, bool(st.session_state.get(asked)), view.zone, view.source)
    untried = [item for item in found if item.state == "not tried" and item.usd]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _verdict(found, view)
        if untried:
            price = usd(sum(item.usd for item in untried))
            st.button(
                _t(view, "try_billed", usd=price),
                key=f"try_{_key(profile)}",
                icon=":material/payments:",
                type="tertiary",
                on_click=lambda: st.session_state.update({asked: True}),
            )
        st.button(
            _t(view, "try_again"),
            key=f"again_{_key(profile)}",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_forget,
            args=(asked,),
        )
    st.caption(_t(view, "checked_in", region=_aws(view).first_region(profile)))
    _table(found, view)


def _forget(asked: str) -> None:
    """Try everything free again; a billed call needs another click."""
    st.session_state.pop(asked, None)
    who.clear()
    tried.clear()


def _verdict(found: Sequence[Permission], view: View) -> None:
    counts = {state: sum(item.state == state for item in found) for state in STATES}
    if counts["denied"]:
        st.badge(_t(view, "some_missing", n=counts["denied"]), color="red", icon=":material/block:")
    if counts["failed"]:
        st.badge(_t(view, "some_failed", n=counts["failed"]), color="orange", icon=":material/warning:")
    if billed := sum(item.state == "not tried" and item.usd > 0 for item in found):
        st.badge(_t(view, "some_untried", n=billed), color="gray", icon=":material/payments:")
    if counts["allowed"] == len(found):
        st.badge(_t(view, "all_allowed", n=len(found)), color="green", icon=":material/check:")


def _table(found: Sequence[Permission], view: View) -> None:
    worst = sorted(found, key=lambda item: (WORST_FIRST.index(item.state), item.action))
    table = pd.DataFrame(
        {
            "permission": [item.action for item in worst],
            "state": [_t(view, item.state) for item in worst],
            "needed_by": [", ".join(item.commands) for item in worst],
            "message": [neutralise(" ".join(filter(None, (item.message, item.hint)))) for item in worst],
        }
    )
    tints = [STATES[item.state] for item in worst]
    styles = pd.DataFrame(
        [[f"background-color: {tint}" if tint else ""] * table.shape[1] for tint in tints],
        index=table.index,
        columns=table.columns,
    )
    st.dataframe(
        table.style.apply(lambda _: styles, axis=None),
        hide_index=True,
        height=min(36 + 35 * len(table), 320),
        column_config={
            name: st.column_config.TextColumn(_t(view, name), width=width)
            for name, width in (("permission", 260), ("state", 90), ("needed_by", "medium"), ("message", "large"))
        },
    )


# policy, spending, how ------------------------------------------------------------------------------------------------


def _policy(view: View) -> None:
    st.subheader(_t(view, "policy"), anchor=False)
    st.caption(_t(view, "policy_help"))
    named, wrong = buckets_in(
        st.text_input(_t(view, "buckets"), key="policy_buckets", placeholder="my-trail, my-elb-logs")
    )
    for name in wrong:
        st.text(_t(view, "wrong_bucket", name=neutralise(name)))
    st.code(json.dumps(policy(named), indent=2), language=None, height=420)


def _spending(view: View) -> None:
    aws = _aws(view)
    if aws.profiles.is_demo:
        return
    st.subheader(_t(view, "spending"), anchor=False)
    spent = aws.spending(datetime.now(UTC))
    with st.grid(4, min_column_width=120):
        for key, value in (
            ("this_month", usd(spent.usd)),
            ("may_cost", usd(spent.budget)),
            ("requests", f"{spent.requests:,}"),
            ("until", f"{spent.until:%Y-%m-%d}"),
        ):
            st.metric(_t(view, key), value)
    for action, amount in sorted(spent.by_action.items()):
        st.text(f"{action}  {usd(amount)}")


def _how(view: View) -> None:
    st.subheader(_t(view, "how"), anchor=False)
    for number, key in enumerate(("how_1", "how_2", "how_3"), 1):
        st.markdown(f"{number}. {_t(view, key)}")
    st.code(SECRETS, language=None)


# settings -------------------------------------------------------------------------------------------------------------


def _settings(view: View) -> None:
    st.subheader(_t(view, "settings"), anchor=False)
    settings = Settings.load()
    if settings.is_hosted:
        st.caption(_t(view, "settings_hidden"))
        return
    found = settings_in_force(settings, os.environ)

    def value(item: Setting) -> str:
        if item.value is None:
            return _t(view, "is_set" if item.is_given else "not_set")
        if item.title == "lake" and settings.is_demo:
            return f"{item.value} ({_t(view, 'sample_lake')})"
        return neutralise(item.value) or _t(view, "not_set")

    table = pd.DataFrame(
        {
            "setting": [_t(view, item.title) for item in found],
            "value": [value(item) for item in found],
            "comes_from": [
                f"{_t(view, 'by_environment')}: {item.variable}"
                if item.is_given
                else f"{_t(view, 'by_default')} ({item.variable})"
                for item in found
            ],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.TextColumn(_t(view, name), width=width)
            for name, width in (("setting", 260), ("value", "large"), ("comes_from", "large"))
        },
    )
