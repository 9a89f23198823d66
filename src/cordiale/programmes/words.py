"""A programme's parts in words, for pages and explanations."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cordiale.decisions.rules.words import length
from cordiale.programmes.rules.spec import Entry, Exit, If, ProgrammeSpec, Send, Split, Step, Trigger, Wait
from cordiale.ui import formats

CHANNELS = {"email": gettext_lazy("email")}
KINDS = {
    "acquisition": gettext_lazy("Acquisition"),
    "activation": gettext_lazy("Activation"),
    "development": gettext_lazy("Development"),
    "loyalty": gettext_lazy("Loyalty"),
    "reactivation": gettext_lazy("Reactivation"),
    "service": gettext_lazy("Service"),
}
METRICS = {
    "order": gettext_lazy("an order"),
    "spend": gettext_lazy("spending"),
    "event": gettext_lazy("an event"),
}
WEEKDAYS = {
    "monday": gettext_lazy("Monday"),
    "tuesday": gettext_lazy("Tuesday"),
    "wednesday": gettext_lazy("Wednesday"),
    "thursday": gettext_lazy("Thursday"),
    "friday": gettext_lazy("Friday"),
    "saturday": gettext_lazy("Saturday"),
    "sunday": gettext_lazy("Sunday"),
}
WAYS = {
    "done": gettext_lazy("went on"),
    "then": gettext_lazy("yes"),
    "else": gettext_lazy("no"),
    "event": gettext_lazy("it happened"),
    "timeout": gettext_lazy("time ran out"),
}
REASONS = {
    "goal": gettext_lazy("goal reached"),
    "end": gettext_lazy("end of the scenario"),
    "left-panel": gettext_lazy("left the panel"),
    "merged": gettext_lazy("merged into another customer"),
}


def entry(one: Entry) -> str:
    """What makes people enter."""
    values = {"subject": one.subject, "at": f"{one.at:%H:%M}" if one.at else ""}
    if one.trigger is Trigger.EVERY:
        values["subject"] = str(WEEKDAYS[one.subject])
    return {
        Trigger.ENTERS: _("enters the segment “%(subject)s”"),
        Trigger.LEAVES: _("leaves the segment “%(subject)s”"),
        Trigger.EVENT: _("event “%(subject)s”"),
        Trigger.ORDER: _("an order"),
        Trigger.FIRST_ORDER: _("the first order"),
        Trigger.DATE: _("birthday, at %(at)s on the customer’s clock"),
        Trigger.EVERY: _("every %(subject)s at %(at)s"),
    }[one.trigger] % values


def objective(spec: ProgrammeSpec) -> str:
    """The metric and its window: "an order within 30 days"."""
    return _("%(metric)s within %(window)s") % {
        "metric": METRICS[spec.objective.metric],
        "window": length(spec.objective.within),
    }


def step_title(step: Step) -> str:
    """What a step does, in a few words."""
    if isinstance(step, Send):
        return _("Send by %(channel)s") % {"channel": CHANNELS[step.channel]}
    if isinstance(step, If):
        return _("If")
    if isinstance(step, Split):
        return _("Split")
    return _("Leave") if isinstance(step, Exit) else _("Wait")


def step_detail(step: Step) -> str:
    """The particulars of a step."""
    if isinstance(step, Send):
        return step.template
    if isinstance(step, Wait):
        return length(step.duration)
    if isinstance(step, If):
        return step.condition
    if isinstance(step, Split):
        return " · ".join(formats.percent(share) for share, _branch in step.branches)
    if isinstance(step, Exit):
        return reason(step.reason)
    return _wait_for(step.event, step.at_most)


def _wait_for(event: str, at_most: timedelta) -> str:
    what = _("event “%(subject)s”") % {"subject": event} if event else _("an order")
    return _("%(what)s, at most %(window)s") % {"what": what, "window": length(at_most)}


def way(name: str) -> str:
    """How walks left a step; the branches of a split are called by their letters."""
    return str(WAYS[name]) if name in WAYS else name.upper()


def reason(name: str) -> str:
    """Why walks end; a scenario's own word stands as it was written."""
    return str(REASONS[name]) if name in REASONS else name
