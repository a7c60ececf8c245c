"""The connections page: who asks AWS, what it may ask, and where settings come from."""

from pages.parts.connections_view import show_connections
from pages.parts.frame import current_view

show_connections(current_view())
