"""The console login page."""

from pages.parts.card import show
from pages.parts.frame import current_view
from pages.parts.panels.logins import DASHBOARD

show(DASHBOARD, current_view())
