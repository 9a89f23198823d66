"""A decision in words: what decided, and the values it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cordiale.ui import formats

Values = Mapping[str, Any]
RULES = {
    "allowed": gettext_lazy("Nothing against it"),
    "control": gettext_lazy("Control group"),
    "expired": gettext_lazy("Too late"),
    "consent": gettext_lazy("No consent"),
    "opposition": gettext_lazy("Opposition"),
    "no-address": gettext_lazy("No address"),
    "zone": gettext_lazy("Unknown time zone"),
    "quiet-hours": gettext_lazy("Quiet hours"),
    "left": gettext_lazy("Left the programme"),
    "restricted": gettext_lazy("Processing restricted"),
    "merged": gettext_lazy("Merged customer"),
}


def rule_title(rule: str) -> str:
    """The short name of a rule; a limit on pressure is called by its id."""
    if rule in RULES:
        return str(RULES[rule])
    kind, __, name = rule.partition(".")
    if kind == "own":
        return _("The programme’s own limit “%(name)s”") % {"name": name}
    return _("Pressure limit “%(name)s”") % {"name": name}


def in_words(verdict: str, rule: str, values: Values, postponed_until: datetime | None = None) -> str:
    """Why a proposal was sent, postponed or refused, in the language of the page."""
    told = _TELLERS.get(rule, _pressure)(rule, values)
    if verdict == "postponed" and postponed_until is not None:
        until = _("It waits until %(until)s.") % {"until": formats.instant(postponed_until)}
        return f"{told} {until}"
    return told


def _allowed(rule: str, values: Values) -> str:
    since = _moment(values.get("consent_since"))
    if values.get("consent") == "granted" and since:
        consent = _("Consent for this purpose and channel stands since %(since)s.") % {"since": since}
    else:
        consent = _("This purpose needs no consent.")
    time = _("It was %(time)s on the customer’s clock.") % {"time": values.get("local_time", "")}
    counts = "; ".join(_counted(one) for one in values.get("pressure", ()))
    pressure = _("Pressure before it: %(counts)s.") % {"counts": counts} if counts else ""
    return " ".join(part for part in (consent, time, pressure) if part)


def _control(rule: str, values: Values) -> str:
    return _("This customer is in the control group: everything allowed it, and the contact was kept back on purpose.")


def _expired(rule: str, values: Values) -> str:
    return _("It could not go out before %(until)s, when it stopped being worth sending.") % {
        "until": _moment(values.get("expires_at"))
    }


def _consent(rule: str, values: Values) -> str:
    since = _moment(values.get("consent_since"))
    if values.get("consent") == "withdrawn":
        told = _("Consent for this purpose and channel was withdrawn on %(since)s.") % {"since": since}
    else:
        told = _("The customer never consented to this purpose on this channel.")
    return told + _law(values)


def _opposition(rule: str, values: Values) -> str:
    return _("The address is on the opposition list: nobody writes to it any more.") + _law(values)


def _no_address(rule: str, values: Values) -> str:
    return _("The customer has no address on this channel.")


def _zone(rule: str, values: Values) -> str:
    return _(
        "The customer’s time zone is “%(zone)s”, which is none: the right hour is unknown. Correct the profile."
    ) % {"zone": values.get("zone", "")}


def _quiet(rule: str, values: Values) -> str:
    return _("It was %(time)s on the customer’s clock (%(zone)s), within the quiet hours of this channel.") % {
        "time": values.get("local_time", ""),
        "zone": values.get("zone", ""),
    }


def _left(rule: str, values: Values) -> str:
    return _("The customer left the scenario before it went out (%(reason)s).") % {"reason": values.get("reason", "")}


def _restricted(rule: str, values: Values) -> str:
    return _("The customer asked for restriction of processing: nothing goes out until it is lifted.")


def _merged(rule: str, values: Values) -> str:
    return _("This customer was merged into another one, who goes on alone.")


def _pressure(rule: str, values: Values) -> str:
    deciding = next((one for one in values.get("pressure", ()) if one["rule"] == rule), None)
    if deciding is None:
        return rule_title(rule) + "."
    return _("%(limit)s is reached: %(counted)s; it frees on %(until)s.") % {
        "limit": rule_title(rule),
        "counted": _counted(deciding),
        "until": _moment(deciding.get("frees_at")),
    }


def _counted(one: Values) -> str:
    contacts = ngettext("%(count)s contact", "%(count)s contacts", one["count"]) % {"count": one["count"]}
    return _("%(contacts)s in %(window)s, at most %(max)s") % {
        "contacts": contacts,
        "window": length(timedelta(seconds=one["seconds"])),
        "max": one["max"],
    }


def length(window: timedelta) -> str:
    """A length of time in the largest unit that divides it."""
    minutes = int(window.total_seconds()) // 60
    if minutes % 1440 == 0:
        return ngettext("%(count)s day", "%(count)s days", minutes // 1440) % {"count": minutes // 1440}
    if minutes % 60 == 0:
        return ngettext("%(count)s hour", "%(count)s hours", minutes // 60) % {"count": minutes // 60}
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def _law(values: Values) -> str:
    return _(" Law: %(law)s.") % {"law": values["law"]} if values.get("law") else ""


def _moment(text: str | None) -> str:
    return formats.instant(datetime.fromisoformat(text)) if text else ""


_TELLERS: dict[str, Callable[[str, Values], str]] = {
    "allowed": _allowed,
    "control": _control,
    "expired": _expired,
    "consent": _consent,
    "opposition": _opposition,
    "no-address": _no_address,
    "zone": _zone,
    "quiet-hours": _quiet,
    "left": _left,
    "restricted": _restricted,
    "merged": _merged,
}
