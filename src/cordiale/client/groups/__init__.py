"""All groups of operations.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from cordiale.client.connection import Connection
from cordiale.client.groups.cases import Cases
from cordiale.client.groups.customers import Customers
from cordiale.client.groups.decisions import Decisions
from cordiale.client.groups.guides import Guides
from cordiale.client.groups.imports import Imports
from cordiale.client.groups.lifecycle import Lifecycle
from cordiale.client.groups.orders import Orders
from cordiale.client.groups.programmes import Programmes
from cordiale.client.groups.quality import Quality
from cordiale.client.groups.recommendations import Recommendations
from cordiale.client.groups.relations import Relations
from cordiale.client.groups.rights import Rights
from cordiale.client.groups.scores import Scores
from cordiale.client.groups.segments import Segments
from cordiale.client.groups.webhooks import Webhooks


class Groups:
    """One attribute a group."""

    def __init__(self, connection: Connection) -> None:
        self.cases = Cases(connection)
        self.customers = Customers(connection)
        self.decisions = Decisions(connection)
        self.guides = Guides(connection)
        self.imports = Imports(connection)
        self.lifecycle = Lifecycle(connection)
        self.orders = Orders(connection)
        self.programmes = Programmes(connection)
        self.quality = Quality(connection)
        self.recommendations = Recommendations(connection)
        self.relations = Relations(connection)
        self.rights = Rights(connection)
        self.scores = Scores(connection)
        self.segments = Segments(connection)
        self.webhooks = Webhooks(connection)
