"""The company declares traits of its own: checked as a whole, kept as versions, retired when nothing uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.clock import require_aware
from cordiale.customers.fields import fields
from cordiale.errors import NotFound, Refused
from cordiale.insight import columns, definitions, uses
from cordiale.insight.definitions import Definitions
from cordiale.insight.models import TraitVersion
from cordiale.insight.rules import traits
from cordiale.insight.rules.phrases import Fault, say
from cordiale.insight.rules.traits import PAGE, Document, Entry, Trait
from cordiale.lake import open_lake

LONGEST = 20_000
"""Characters a declaration may have."""

_DECLARING = 7_410_021
_PROFILE = frozenset({"reference", "age", "birthday", "birthday_in", "created_at", "has_email", "has_phone"})
"""What else a customer's profile tells; the company's own fields are asked for."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A declaration found in order: its traits, the text of each alone, and the definitions with them."""

    traits: tuple[Trait, ...]
    texts: tuple[str, ...]
    definitions: Definitions


def check(text: str, source: str = "") -> Checked:
    """What a declaration of one or several traits would mean, nothing kept. Raises Located at the place of a fault.

    `source` is what errors call the text.
    """
    if len(text) > LONGEST:
        raise Fault(
            gettext_noop("this is too long"), line=1, column=1, source=source,
            hint=say(gettext_noop("%(number)s characters at most"), number=LONGEST),
        )  # fmt: skip
    document = Document(text=text, source=source, origin=PAGE)
    entries = traits.entries_of(document)
    _require_free(entries)
    names = [entry.name for entry in entries]
    texts = [*definitions.documents(without=names), document]
    found = definitions.assembled(texts, definitions.lifecycle_text())
    alone = (text,) if len(entries) == 1 else tuple(traits.alone(entry) for entry in entries)
    declared = tuple(found.by_name[name] for name in names)
    for entry, trait in zip(entries, declared, strict=True):
        _require_same_type(entry, trait)
    return Checked(traits=declared, texts=alone, definitions=found)


@transaction.atomic
def declare(text: str, *, actor: Staff | str, now: datetime, source: str = "") -> list[TraitVersion]:
    """Keep the traits of a declaration: new ones, new versions of known ones, retired ones anew.

    Those that say word for word what they said before stay as they are, and are not in the answer. Raises Located at
    the place of a fault; nothing is kept then. Values follow at the next computation.
    """
    now = require_aware(now)
    _one_at_a_time()
    checked = check(text, source)
    kept = [_keep(trait, alone, actor, now) for trait, alone in zip(checked.traits, checked.texts, strict=True)]
    return [version for version in kept if version is not None]


@transaction.atomic
def retire(name: str, *, actor: Staff | str, now: datetime) -> TraitVersion:
    """Compute a declared trait no more; days that have it keep it. Raises NotFound, or Refused while it is used."""
    now = require_aware(now)
    _one_at_a_time()
    version = TraitVersion.objects.filter(name=name).order_by("-version").first()
    if version is None or version.retired_at is not None:
        raise NotFound(f"no trait '{name}' is declared on the page; those of traits.yaml are changed there")
    used = [use for use in uses.of(name) if not use.without]
    if used:
        told = {"name": name, "uses": ", ".join(use.title for use in used)}
        raise Refused(_("%(name)s is used by %(uses)s; take it out there first.") % told)
    version.retired_at, version.retired_by = now, str(actor)[:120]
    version.save(update_fields=["retired_at", "retired_by"])
    audit("trait", name, "retire", actor, {"version": version.version}, now)
    return version


def _keep(trait: Trait, text: str, actor: Staff | str, now: datetime) -> TraitVersion | None:
    last = TraitVersion.objects.filter(name=trait.name).order_by("-version").first()
    if last is not None and last.retired_at is None and last.text.strip() == text.strip():
        return None
    version = TraitVersion.objects.create(
        name=trait.name, version=last.version + 1 if last else 1, text=text, type=trait.type, owner=trait.owner,
        author=str(actor)[:120], created_at=now,
    )  # fmt: skip
    audit("trait", trait.name, "declare", actor, {"version": version.version, "text": text}, now)
    return version


def _require_free(entries: Sequence[Entry]) -> None:
    """The names are the page's to give: neither ours, nor the file's, a score's, or a field of the profile's."""
    declared, scores = definitions.current().by_name, {trait.name for trait in columns.added()}
    another = gettext_noop("give it another name")
    for entry in entries:
        if entry.name in declared and declared[entry.name].origin != PAGE:
            traits.refuse_taken(entry, declared[entry.name].origin)
        if entry.name in scores:
            told = gettext_noop("the name '%(name)s' is a score's")
            entry.node.refuse_name(say(told, name=entry.name), hint=another)
        if entry.name in _PROFILE or entry.name in fields():
            told = gettext_noop("'%(name)s' is a field of the customer's profile")
            entry.node.refuse_name(say(told, name=entry.name), hint=another)


def _require_same_type(entry: Entry, trait: Trait) -> None:
    """The lake keeps a trait's column for ever, with the type it had first."""
    before = TraitVersion.objects.filter(name=trait.name).order_by("-version").values_list("type", flat=True).first()
    kept = {field.name: field.type for field in open_lake().traits.snapshot().columns}.get(trait.name)
    if before not in (None, trait.type) or kept not in (None, columns.ARROW[trait.type]):
        was = before if before not in (None, trait.type) else kept
        dict(entry.node.entries())["type"].refuse(
            say(gettext_noop("'%(name)s' was %(type)s before and its past values stay so"), name=trait.name, type=was),
            hint=gettext_noop("give it another name"),
        )


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_DECLARING])
