"""What somebody decided about being contacted, into the ledger: once, with its proof, and never over a later word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cordiale.connectors.models import Connector, Inbound
from cordiale.connectors.rules.found import Choice
from cordiale.consent import actions as consent
from cordiale.consent.models import Consent, ConsentProof
from cordiale.consent.rules import ConsentEntry

PURPOSE = "offers"


def record(connector: Connector, row: Inbound, choices: Sequence[tuple[int, Choice]], now: datetime) -> int:
    """Write what is new of these (customer, choice) to the ledger; how many lines. Raises what `consent` raises."""
    entries = {
        _entry(connector, number, choice, row, now): None
        for number, choice in choices
        if _counts(connector, number, choice)
    }
    fresh = [entry for entry in entries if not _is_known(entry)]
    return consent.record(fresh, now) if fresh else 0


def _entry(connector: Connector, number: int, choice: Choice, row: Inbound, now: datetime) -> ConsentEntry:
    """`shop` is the person's own word to the ledger, and may follow a withdrawal; the connector's name never does."""
    return ConsentEntry(
        customer_id=number,
        purpose=_purpose(connector, choice),
        channel=choice.channel,
        state=choice.state,
        at=min(choice.at, now),
        source="shop" if choice.is_own else f"connector {connector.name}",
        wording=choice.how,
        form_url=f"{_place(connector)} {row.origin}".strip()[:300],
    )


def _purpose(connector: Connector, choice: Choice) -> str:
    return choice.purpose or str(connector.settings.get("purpose") or PURPOSE)


def _place(connector: Connector) -> str:
    return f"connector:{connector.name}"


def _counts(connector: Connector, number: int, choice: Choice) -> bool:
    """A "no" that may mean "never" counts only where the "yes" in force came through this connector."""
    if not choice.only_if_ours:
        return True
    granted = Consent.objects.filter(
        customer=number, purpose=_purpose(connector, choice), channel=choice.channel, state="granted"
    )
    ours = granted.filter(proof__form_url=_place(connector)) | granted.filter(
        proof__form_url__startswith=f"{_place(connector)} "
    )
    return ours.exists()


def _is_known(entry: ConsentEntry) -> bool:
    """Shops repeat what was decided in every order: the ledger keeps it once (without a date: until it changes)."""
    proofs = ConsentProof.objects.filter(customer=entry.customer_id, purpose=entry.purpose, channel=entry.channel)
    if entry.source == "shop":
        return proofs.filter(state=entry.state, at=entry.at, source=entry.source).exists()
    last = proofs.filter(source=entry.source).order_by("-at", "-pk").first()
    return last is not None and last.state == entry.state
