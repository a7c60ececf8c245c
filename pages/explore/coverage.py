"""Data coverage: what the lake holds of each account and region, where it has holes, and what was rejected."""

from pages.parts.coverage_view import show_coverage
from pages.parts.frame import current_view

show_coverage(current_view())
