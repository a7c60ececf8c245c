"""The viewer's own dashboard: panels made in Explore."""

from pages.parts.board_view import show_board
from pages.parts.frame import current_view

show_board(current_view())
