"""Model cards in the reader's language: what the page shows of a score and its versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cordiale import clock
from cordiale.accounts.models import Role
from cordiale.insight import queries as insight
from cordiale.scores import pictures, probability, queries, schemas, telling, valuing, watching, words
from cordiale.scores.models import ScoreVersion
from cordiale.scores.queries import IN_FORCE, NEVER, Standing
from cordiale.scores.rules import gate
from cordiale.scores.rules.declarations import EVENT, FIRST_PURCHASE, LAPSE, VALUE, Score
from cordiale.ui import formats

BADGES = {IN_FORCE: "ok", queries.REFUSED: "warning", schemas.SUPERSEDED: "neutral", NEVER: "neutral"}
RIGHT = (0.9, 1.1)
"""Mean predicted over observed within which the level is right."""
UNSTEADY = 1.5
"""How many times as many did it in one period as in another, from which on the card warns of the level."""
_SHOWN_DRIVERS = 12


def row(standing: Standing) -> dict[str, Any]:
    """One score in the list."""
    version = standing.version
    return {
        "name": standing.score.name, "title": formats.in_language(standing.score.title),
        "description": formats.in_language(standing.score.description), "kind": kind_title(standing.score),
        "state": state_title(standing.state), "badge": BADGES[standing.state],
        "quality": _now(standing, version) if version else lacks(standing.attempt),
        "fitted_at": standing.attempt.fitted_at if standing.attempt else None,
        "next_fit_at": standing.next_fit_at, "is_fitting": standing.job is not None,
        "is_changed": standing.is_changed, "moved": _moved(version) if version else None, "owner": standing.score.owner,
    }  # fmt: skip


def version_row(version: ScoreVersion, standing: Standing) -> dict[str, Any]:
    """One version in the list of a score's versions."""
    state = schemas.state(version)
    return {
        "version": version, "state": state_title(state), "badge": BADGES[state],
        "method": method_title(standing.score, version) if version.is_usable else lacks(version),
        "may_return": version.is_usable and state != IN_FORCE,
    }  # fmt: skip


def card(standing: Standing, version: ScoreVersion) -> dict[str, Any]:
    """Everything the card of one version says."""
    found, score = version.card, standing.score
    shown: dict[str, Any] = {
        "version": version, "state": state_title(schemas.state(version)), "badge": BADGES[schemas.state(version)],
        "method": method_title(score, version), "method_words": method_words(score, version),
        "gate": [gate_row(check) for check in found["gate"]], "facts": facts(score, version),
        "quality": _now(standing, version), "limits": limits(score), "drift": drift(version), "who": who(),
        "owner": owner(score), "columns": columns(score),
    }  # fmt: skip
    if "evaluation" in found:
        shown |= {"measures": measures(score, found), "reliability": pictures.reliability(found),
                  "ratio": level(found),
                  "drivers": drivers(found["importance"])}  # fmt: skip
    if "compared" in found:
        shown |= {"compared": [compared(what, one, found["judged_on"]) for what, one in found["compared"].items()],
                  "models": found["models"], "purchases": found["purchases"], "spending": found["spending"],
                  "cumulative": pictures.cumulative(found), "frequency": pictures.frequency(found),
                  "drivers": drivers(_most_telling(found["importance"]))}  # fmt: skip
    return shown


def kind_title(score: Score) -> str:
    """What kind of score it is."""
    titles = {VALUE: _("Expected value"), LAPSE: _("Lapse risk")}
    return titles.get(score.kind, _("Propensity"))


def state_title(state: str) -> str:
    """A state in words."""
    return {
        IN_FORCE: _("In force"), queries.REFUSED: _("Refused by its data gate"), schemas.SUPERSEDED: _("Superseded"),
        NEVER: _("Never learnt"),
    }[state]  # fmt: skip


def lacks(version: ScoreVersion | None) -> str:
    """Why a score does not exist."""
    if version is None:
        return _("It was never learnt: it is at the next night, or when you ask.")
    missing = [
        _("%(measure)s: %(have)s of %(need)s")
        % {
            "measure": gate_title(one["measure"]),
            "have": formats.number(one["have"]),
            "need": formats.number(one["need"]),
        }
        for one in version.refusals
    ]
    return _("The past does not hold enough yet: %(missing)s.") % {"missing": "; ".join(missing)}


def _now(standing: Standing, version: ScoreVersion) -> str:
    """How good a version is; of the one in force also which traits it reads that are no longer declared."""
    told = quality(standing.score, version)
    if version != standing.version or not standing.missing:
        return told
    text = ngettext(
        "It goes on without a trait that is no longer declared (%(traits)s), until it is learnt anew the next night.",
        "It goes on without traits that are no longer declared (%(traits)s), until it is learnt anew the next night.",
        len(standing.missing),
    )
    return f"{told} {text % {'traits': ', '.join(standing.missing)}}"


def gate_row(check: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the gate."""
    return {"title": gate_title(check["measure"]), **check}


def gate_title(measure: str) -> str:
    """A measure of the gate."""
    return {
        gate.BUYERS: _("customers who ordered"), gate.HISTORY: _("days of history before what is learnt"),
        gate.POSITIVES: _("customers of the judge’s period who did it"),
        gate.NEGATIVES: _("customers of the judge’s period who did not"),
    }[measure]  # fmt: skip


def method_title(score: Score, version: ScoreVersion) -> str:
    """The method in a few words; nothing where the gate refused."""
    if not version.is_usable:
        return ""
    if version.method == probability.RULE:
        return _("Simple rule: %(rule)s") % {"rule": feature(version.card["rule"]["trait"])}
    if score.kind == VALUE:
        return version.method.upper() + _(" with Gamma-Gamma")
    technique = version.card["technique"]
    return {"logit": _("Regularised logit on ranks"), "boosting": _("Boosted trees")}.get(
        technique, _("Logit and boosted trees together")
    )


def method_words(score: Score, version: ScoreVersion) -> str:
    """How the score comes about, for somebody who is no statistician."""
    if not version.is_usable:
        return ""
    if score.kind == VALUE:
        return _(
            "From how often, how recently and for how long each customer has ordered, a model of repeat purchases tells"
            " who is still active and how orders spread over the months ahead. The way that came nearest to the"
            " held-out period sets how much there will be. Margin and discount are those the company declared."
        )
    if version.method == probability.RULE:
        return _(
            "No model beat the best simple rule on the held-out period, so the rule itself is in force: customers are"
            " ranked by one trait, and each rank is given the share of those who did it in the past."
        )
    return _(
        "Customers are described by all traits as they stood on earlier days, and the model learns which of them did it"
        " in the period that followed. Probabilities are set right on customers it did not learn from."
    )


def facts(score: Score, version: ScoreVersion) -> list[tuple[str, str]]:
    """What the version was learnt from."""
    found = version.card
    told = [
        (_("Foretells"), foretells(score, version)),
        (_("Learnt on"), formats.instant(version.fitted_at)),
        (_("Facts known until"), formats.instant(_instant(found["until"]))),
        (
            _("History since"),
            formats.day(_instant(found["first_order_at"])) if found["first_order_at"] else formats.NOTHING,
        ),
        (_("Customers judged"), formats.number(found["customers"])),
    ]
    if "judged_at" in found:
        told.append((_("Judged on what followed"), formats.instant(_instant(found["judged_at"]))))
    if "learnt_from" in found:
        told.append((_("Rows learnt from"), formats.number(found["learnt_from"])))
    if found.get("base_rate") is not None:
        told.append((_("Share of customers who did it"), formats.percent(found["base_rate"], 1)))
    if version.is_usable:
        told += [(_("Made with"), version.library), (_("Seal of the model’s file"), version.digest[:16])]
    return [*told, (_("Asked for by"), version.actor)]


def foretells(score: Score, version: ScoreVersion) -> str:
    """What is foretold, and for when."""
    period = words.ahead(version.horizon)
    if score.kind == VALUE:
        return _("orders and margin in the next %(period)s") % {"period": period}
    if score.kind == LAPSE:
        return _("no order in the next %(period)s") % {"period": period}
    if score.target == EVENT:
        return _("“%(event)s” within %(period)s") % {"event": score.event, "period": period}
    if score.is_best_category:
        return _("the category most probably bought for the first time within %(period)s") % {"period": period}
    if score.target == FIRST_PURCHASE:
        return _("a first purchase in %(category)s within %(period)s") % {"category": score.category, "period": period}
    return _("an order within %(period)s") % {"period": period}


def quality(score: Score, version: ScoreVersion) -> str:
    """How good it is, in a sentence or two."""
    if not version.is_usable:
        return lacks(version)
    found = version.card
    if score.kind == VALUE:
        return " ".join(_nearness(what, one, found["judged_on"]) for what, one in found["compared"].items())
    lift = found["evaluation"]["measures"]["lift_10"]
    if version.method == probability.RULE:
        text = _(
            "No model beat the simple rule, which is in force: its highest tenth holds %(rule)s times the average"
            " share."
        )
        return f"{text % {'rule': formats.number(lift['baseline'], 1)}} {level(found)}"
    text = _(
        "The highest tenth holds %(lift)s times the average share who did it; the best simple rule reaches %(rule)s"
        " times."
    )
    told = {"lift": formats.number(lift["value"], 1), "rule": formats.number(lift["baseline"], 1)}
    return f"{text % told} {level(found)}"


def level(found: Mapping[str, Any]) -> str:
    """Whether the level of what is foretold was right, and whether it can be: some things come with campaigns."""
    told = ratio(found["in_force"]["mean_ratio"])
    shares = sorted([found["base_rate"], *found.get("past_rates", ())])
    if shares[-1] <= shares[0] * UNSTEADY:
        return told
    swing = _("In the periods looked at, %(low)s to %(high)s of customers did it: trust the order more than the level.")
    return f"{told} {swing % {'low': formats.percent(shares[0], 1), 'high': formats.percent(shares[-1], 1)}}"


def ratio(found: list[float]) -> str:
    """Whether the level of what is foretold is right."""
    if RIGHT[0] <= found[0] <= RIGHT[1]:
        return _("The level is right: 100 foretold for every %(seen)s seen.") % {
            "seen": formats.number(100 / found[0], 0)
        }
    share = formats.percent(abs(found[0] - 1))
    return (_("It foretold %(share)s too many.") if found[0] > 1 else _("It foretold %(share)s too few.")) % {
        "share": share
    }


def measures(score: Score, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The measures of a probability, model beside rule."""
    titles = {
        "brier": (_("Brier score"), _("Mean squared distance of the probability from what happened; lower is better.")),
        "log_loss": (_("Log loss"), _("Mean surprise at what happened; lower is better.")),
        "auc": (_("AUC"), _("Chance that who did it ranks above who did not; higher is better.")),
        "average_precision": (
            _("Average precision"),
            _("Mean share of right ones among the first ranks; higher is better."),
        ),
        "lift_10": (
            _("Lift of the highest tenth"),
            _("Share who did it among the highest 10%, against all; higher is better."),
        ),
        "lift_1": (_("Lift of the highest hundredth"), _("The same of the highest 1%.")),
    }
    errors = found["errors"]
    fair = {
        "title": _("Brier score, the rule learnt as the model was"),
        "definition": _("The comparison that decides, with average precision: below, the rule is read at its best,"
                        " knowing what came."),
        "value": errors[probability.MODEL], "baseline": errors[probability.RULE],
        "ratio": errors[probability.MODEL] / errors[probability.RULE] if errors[probability.RULE] else 1.0,
    }  # fmt: skip
    return [
        fair,
        *(
            {"title": title, "definition": definition, **found["evaluation"]["measures"][name]}
            for name, (title, definition) in titles.items()
        ),
    ]


def compared(what: str, found: Mapping[str, Any], days: int) -> dict[str, Any]:
    """Ways to foretell an amount, beside the best simple rule."""
    write = formats.money if what == valuing.SPEND else _two_digits
    rows = [
        {
            "title": way_title(way), "value": write(one["mae"]["value"]), "ratio": one["mae"]["ratio"],
            "low": one["mae"]["low"], "high": one["mae"]["high"], "level": one["mean_ratio"][0],
            "is_chosen": way == found["level"],
        }
        for way, one in sorted(found["ways"].items(), key=lambda pair: pair[1]["mae"]["value"])
    ]  # fmt: skip
    rules = [
        {"title": way_title(way), "value": write(error), "is_chosen": way == found["level"], "is_rule": True,
         "is_best": way == found["rule"]}
        for way, error in found["rules"].items()
    ]  # fmt: skip
    titles = {valuing.ORDERS: _("Orders in %(days)s days"), valuing.SPEND: _("Spend in %(days)s days")}
    return {"title": titles[what] % {"days": days}, "rows": [*rows, *rules], "words": _nearness(what, found, days)}


def way_title(way: str) -> str:
    """A way to foretell amounts."""
    return {
        valuing.PURCHASES: _("Model of purchases"), valuing.REGRESSION: _("Regression on all traits"),
        valuing.BLEND: _("Mean of both and of the last 90 days"),
        valuing.OWN_RATE: _("Simple rule: each one’s own pace so far"),
        valuing.RECENT: _("Simple rule: the last 90 days go on"),
    }[way]  # fmt: skip


def drivers(importance: Mapping[str, float]) -> list[dict[str, Any]]:
    """What the score rests on most."""
    return [{"title": feature(name), "share": share} for name, share in _largest(importance) if share]


def drift(version: ScoreVersion) -> dict[str, Any] | None:
    """How far today's customers are from those it learnt from; None before the first night."""
    watch = queries.watches_of(version).first()
    if watch is None:
        return None
    rows = [
        {"title": feature(name), "index": index, "is_much": index > watching.THRESHOLD}
        for name, index in _largest(watch.drift)
    ]
    much = [str(one["title"]) for one in rows if one["is_much"]]
    return {"day": watch.day, "rows": rows, "much": ", ".join(much)}


def feature(name: str) -> str:
    """The title of a trait or column."""
    for trait in insight.traits():
        if trait.name == name:
            return formats.in_language(trait.title)
    return telling.feature_title(name)


def limits(score: Score) -> list[str]:
    """What the score is not."""
    told = [
        _("It tells what usually happens to customers like this one, not what this one will do, and not why."),
        _("It does not say what a message would change: that takes a control group."),
        _("It knows the past only: a new shop, price or season it never saw is not in it."),
    ]
    if score.kind == VALUE:
        told.append(_("The judge’s period is shorter than what is foretold: the months after it are carried on by the"
                      " model of purchases, and cannot be judged yet."))  # fmt: skip
    if score.kind == LAPSE:
        told.append(_("Customers who are dormant or lost already have none: they have lapsed."))
    return [*told, _("It is no ground to refuse anybody a service or a price.")]


def who() -> str:
    """Who may use it, and on whom."""
    return _(
        "For segments, scenarios and messages, by those who may see insight. Customers who restricted the processing of"
        " their data have no score and nothing is learnt from them. The model’s file holds coefficients and counts,"
        " nobody’s data."
    )


def owner(score: Score) -> str:
    """Who answers for it: one of our roles in the reader's language, or as it was declared."""
    return str(Role(score.owner).label) if score.owner in Role.values else score.owner


def columns(score: Score) -> list[tuple[str, str]]:
    """What it adds to each day's snapshot: the title and the name of each column."""
    return [(formats.in_language(words.column_title(score, key)), name) for key, name in score.columns.items()]


def _largest(figures: Mapping[str, float]) -> list[tuple[str, float]]:
    """The first of them by size: the database keeps no order of names."""
    return sorted(figures.items(), key=lambda pair: (-pair[1], pair[0]))[:_SHOWN_DRIVERS]


def _most_telling(importance: Mapping[str, Any]) -> Mapping[str, float]:
    found: Mapping[str, float] = importance.get(valuing.SPEND) or importance.get(valuing.ORDERS) or {}
    return found


def _moved(version: ScoreVersion) -> dict[str, Any] | None:
    found = drift(version)
    return found if found and found["much"] else None


def _nearness(what: str, found: Mapping[str, Any], days: int) -> str:
    """How near a way came, against the best simple rule."""
    error = min(one["mae"]["value"] for one in found["ways"].values())
    rule = found["rules"][found["rule"]]
    if found["level"] == found["rule"]:
        write = formats.money if what == valuing.SPEND else _two_digits
        texts = {
            valuing.SPEND: _(
                "Spend in %(days)s days: nothing beat the simple rule, which sets the level, %(rule)s off on average."
            ),
            valuing.ORDERS: _(
                "Orders in %(days)s days: nothing beat the simple rule, which sets the level, %(rule)s off on average."
            ),
        }
        return texts[what] % {"days": days, "rule": write(rule)}
    if what == valuing.SPEND:
        text = _("Spend in %(days)s days: %(error)s off on average, against %(rule)s by the simple rule.")
        return text % {"days": days, "error": formats.money(error), "rule": formats.money(rule)}
    text = ngettext(
        "Orders in %(days)s day: %(error)s off on average, against %(rule)s by the simple rule.",
        "Orders in %(days)s days: %(error)s off on average, against %(rule)s by the simple rule.",
        days,
    )
    return text % {"days": days, "error": _two_digits(error), "rule": _two_digits(rule)}


def _two_digits(value: float) -> str:
    return formats.number(value, 2)


def _instant(text: str) -> datetime:
    return clock.parse_instant(text)
