"""What staff say of a conflict: these are two people."""

from __future__ import annotations

from datetime import datetime

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import NotFound
from cordiale.identity.models import Conflict


def settle(conflict_id: int, *, actor: Staff | str, now: datetime) -> Conflict:
    """Take a conflict off the list: two people share the value. Rows with it still go to each by name."""
    found = Conflict.objects.filter(id=conflict_id).first()
    if found is None:
        raise NotFound(f"there is no conflict {conflict_id}; it may have been erased with its customer")
    if Conflict.objects.filter(id=conflict_id, settled_at=None).update(settled_at=now, settled_by=str(actor)):
        audit("customer", str(found.claimant_id), "settle conflict", actor, {"kind": found.kind}, now)
    return found
