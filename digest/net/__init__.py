"""Everything that leaves this machine by HTTP: the address guard and the guarded client.

The guard decides which addresses may be reached; the client asks for one thing and gives it back within bounds of time
and size. Neither knows what a feed is, and nothing else in the product opens a connection to an address from outside.
"""

from digest.net.client import ROBOT, GuardedClient, Response, user_agent
from digest.net.guard import AddressGuard, Place, check_url, why_forbidden

__all__ = ["ROBOT", "AddressGuard", "GuardedClient", "Place", "Response", "check_url", "user_agent", "why_forbidden"]
