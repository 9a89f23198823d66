"""The one door to who is who."""

from __future__ import annotations

from cordiale.identity.aliases import publish as publish_aliases
from cordiale.identity.aliases import publish_pending
from cordiale.identity.events import resolve_events
from cordiale.identity.linking import Taken, link
from cordiale.identity.merges import merge, unmerge
from cordiale.identity.rules.telling import Seen, Told
from cordiale.identity.telling import recognise, tell, tell_table

__all__ = [
    "Seen", "Taken", "Told", "link", "merge", "publish_aliases", "publish_pending", "recognise", "resolve_events",
    "tell", "tell_table", "unmerge",
]  # fmt: skip
