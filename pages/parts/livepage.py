"""A page of what AWS answers: its state, what needs consent first, and its panels."""

from __future__ import annotations

from pages.parts import card, livecard
from pages.parts.frame import current_view
from pages.parts.panel import Dashboard
from pages.parts.scopes import LiveScope


def show_live(dashboard: Dashboard, scope: LiveScope) -> None:
    view = current_view()
    livecard.status(dashboard, view, is_money=scope.is_money)
    livecard.ask_for_consent(dashboard, view)
    card.show(dashboard, view)
