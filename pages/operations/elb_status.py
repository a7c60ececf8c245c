"""The page of the load balancers' state."""

from pages.parts.card import show
from pages.parts.frame import current_view
from pages.parts.panels.elb_status import DASHBOARD
from pages.parts.proxies import tell_of_proxies

tell_of_proxies(current_view())
show(DASHBOARD, current_view())
