"""One transaction: every noun of the product under its name."""

from sqlalchemy import Connection

from digest.storage.articles import Articles
from digest.storage.audit import Audit
from digest.storage.background import BackgroundRow
from digest.storage.clock import ClockRow
from digest.storage.editions import Editions
from digest.storage.fetches import Fetches
from digest.storage.hubs import Hubs
from digest.storage.jobs import Jobs
from digest.storage.leases import Leases
from digest.storage.outbox import Outbox
from digest.storage.pairings import Pairings
from digest.storage.passes import Passes
from digest.storage.readings import Readings
from digest.storage.sources import Sources
from digest.storage.stories import Stories
from digest.storage.subscribers import Subscribers
from digest.storage.switches import Switches
from digest.storage.vectors import Vectors
from digest.storage.watch import Watch
from digest.storage.withdrawals import Withdrawals


class Transaction:
    """What `Storage.begin` and `Storage.read` give: use it inside their `with` block only, and from one thread."""

    def __init__(self, connection: Connection) -> None:
        self.articles = Articles(connection)
        self.audit = Audit(connection)
        self.background = BackgroundRow(connection)
        self.clock = ClockRow(connection)
        self.editions = Editions(connection)
        self.fetches = Fetches(connection)
        self.hubs = Hubs(connection)
        self.jobs = Jobs(connection)
        self.leases = Leases(connection)
        self.outbox = Outbox(connection)
        self.pairings = Pairings(connection)
        self.passes = Passes(connection)
        self.readings = Readings(connection)
        self.sources = Sources(connection)
        self.stories = Stories(connection)
        self.subscribers = Subscribers(connection)
        self.switches = Switches(connection)
        self.vectors = Vectors(connection)
        self.watch = Watch(connection)
        self.withdrawals = Withdrawals(connection)
