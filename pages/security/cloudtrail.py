"""The CloudTrail page."""

from pages.parts.card import show
from pages.parts.frame import current_view
from pages.parts.panels.cloudtrail import DASHBOARD

show(DASHBOARD, current_view())
