"""The page of the load balancers' errors."""

from pages.parts.card import show
from pages.parts.frame import current_view
from pages.parts.panels.elb_errors import DASHBOARD
from pages.parts.proxies import tell_of_proxies

tell_of_proxies(current_view())
show(DASHBOARD, current_view())
