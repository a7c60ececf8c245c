"""The page of cost."""

from engine.settings import Settings
from pages.parts.livepage import show_live
from pages.parts.panels.cost import dashboard
from pages.parts.scopes import COST

show_live(dashboard(Settings.load().cost_tags), COST)
