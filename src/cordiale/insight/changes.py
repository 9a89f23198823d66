"""What the definitions say now that they did not say when a snapshot was made, as far as anything rests on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cordiale.insight import definitions, uses
from cordiale.insight.models import Snapshot
from cordiale.insight.rules.definitions import STAGE_OF, TRAIT_OF
from cordiale.ui import formats


@dataclass(frozen=True, kw_only=True)
class Change:
    """A trait or a stage that was declared, changed or taken away since; `url` is its page, empty for none."""

    title: str
    url: str = ""


def since(snapshot: Snapshot) -> list[Change]:
    """Traits in use and stages that mean something else than in the snapshot, sorted by what they are called.

    Nothing for a snapshot of before meanings were kept: the next one tells.
    """
    now, then = definitions.current().meanings, snapshot.meanings
    if not then or now == then:
        return []
    names = sorted(name for name in {*now, *then} if now.get(name) != then.get(name) and _is_in_use(name))
    return sorted((_told(name, now, then) for name in names), key=lambda one: one.title.casefold())


def are_stages_alike(snapshots: Sequence[Snapshot]) -> bool:
    """Were the stages of these days made by the same rules and traits? Other traits may have changed meanwhile."""
    if len({one.definition for one in snapshots}) < 2:
        return True
    deciding = definitions.current().deciding
    told = [{name: one.meanings.get(name) for name in deciding} for one in snapshots]
    return all(one.meanings for one in snapshots) and all(one == told[0] for one in told)


def _is_in_use(name: str) -> bool:
    return name.startswith(STAGE_OF) or bool(uses.of(name.removeprefix(TRAIT_OF)))


def _told(name: str, now: Mapping[str, str], then: Mapping[str, str]) -> Change:
    current = definitions.current()
    if name.startswith(STAGE_OF):
        titles = {rule.stage: rule.title for rule in current.lifecycle.rules}
        return Change(
            title=_("the stage %(title)s") % {"title": formats.in_language(titles[name.removeprefix(STAGE_OF)])}
        )
    trait = current.by_name.get(name.removeprefix(TRAIT_OF))
    if trait is None:
        return Change(title=_("the trait %(title)s (retired)") % {"title": name.removeprefix(TRAIT_OF)})
    said = {"title": formats.in_language(trait.title)}
    title = _("the trait %(title)s") if name in then else _("the trait %(title)s (new)")
    return Change(title=title % said, url=uses.page_of(trait.name))
