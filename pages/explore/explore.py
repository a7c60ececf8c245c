"""The Explore page: write a query, run it, look at its rows. A link with a query runs it at once."""

from pages.parts.explore.outcome import show_outcome
from pages.parts.explore.page import prepare
from pages.parts.explore.toolbar import show_query
from pages.parts.frame import current_view

page = prepare(current_view())
show_query(page)
show_outcome(page)
