"""The page of what runs in AWS and how it is."""

from engine.settings import Settings
from pages.parts.livepage import show_live
from pages.parts.panels.cloudwatch import dashboard
from pages.parts.scopes import CLOUDWATCH

show_live(dashboard(Settings.load().expected_instance_types), CLOUDWATCH)
