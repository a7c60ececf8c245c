"""The language reference: every command and function with its syntax, meaning and an example that runs."""

from pages.parts.frame import current_view
from pages.parts.reference_view import show_reference

show_reference(current_view())
