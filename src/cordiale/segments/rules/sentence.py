"""An expression as a sentence in French or English, AND and OR written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from cordiale.segments.rules.fact_calls import is_implied
from cordiale.segments.rules.language import Field, Kind
from cordiale.segments.rules.moments import Moment
from cordiale.segments.rules.tree import (
    Always,
    Arithmetic,
    Between,
    Compare,
    Condition,
    Consented,
    Day,
    DaysSince,
    Declared,
    Every,
    Fact,
    FactKey,
    FieldValue,
    Flag,
    InSegment,
    Like,
    Listed,
    MomentValue,
    Negative,
    Not,
    Number,
    OneOf,
    Reachable,
    RowTest,
    Sampled,
    Sequence,
    SequenceKey,
    Shifted,
    Some,
    Text,
    Unknown,
    Value,
)

Words = Mapping[str, str]
Names = Callable[[str, str], str]
"""What a code is called: asked with what it is of (`segment`, `purpose`, `channel`, a field, a column) and the code."""

_EN: Words = {
    "and": "AND", "or": "OR", "not": "NOT ({0})", "true": "everyone", "false": "nobody",
    "=": "{0} is {1}", "<>": "{0} is known and is not {1}", "<": "{0} is under {1}", "<=": "{0} is at most {1}",
    ">": "{0} is over {1}", ">=": "{0} is at least {1}",
    "t<": "{0} is before {1}", "t<=": "{0} is no later than {1}", "t>": "{0} is after {1}",
    "t>=": "{0} is no earlier than {1}", "ago>": "{0} was less than {1} ago", "ago<": "{0} was more than {1} ago",
    "between": "{0} is between {1} and {2}", "not between": "{0} is known and not between {1} and {2}",
    "in": "{0} is one of {1}", "not in": "{0} is known and none of {1}",
    "like": "{0} looks like {1}", "not like": "{0} is known and does not look like {1}",
    "null": "{0} is unknown", "not null": "{0} is known",
    "consent": "has consented to “{0}” by {1}", "segment": "is in the segment “{0}”",
    "reachable": "may be contacted for “{0}” by {1}", "listed": "is on the list “{0}”",
    "sample": "is in the sample “{1}” ({0})",
    "answers": "the number of answers to", "last_answer": "the last answer to", "cases": "the number of cases",
    "relations": "the number of relations", "entries": "the number of entries into",
    "exits": "the number of exits from",
    "property": "the property “{0}”", "row": " ({0})", "rows": ", ",
    "at once": "at least once: {0}", "times": "the number of times of: {0}", "then": ", then ",
    "then not": ", then no ", "within": " (at most {0} from step to step)", "step orders": "an order",
    "step events": "the event", "step messages": "a message", "step answers": "an answer to",
    "no orders": "order", "no events": "event", "no messages": "message", "no answers": "answer to",
    "orders": "the number of orders", "spend": "the amount spent", "units": "the number of articles bought",
    "events": "the number of events", "messages": "the number of messages",
    "last": " in the last {0}", "since": " since {0}", "minimum": " of at least {0}", "filter": " with {0} “{1}”",
    "name": " “{1}”", "days_since": "the days since {0}", "declared": "the declared value “{0}”",
    "now": "now", "entry": "the entry", "before": "{1} before {0}", "after": "{1} after {0}",
    "day": "day|days", "hour": "hour|hours", "minute": "minute|minutes", "text": "“{0}”",
    "list": " or ", "decimal": ".", "thousands": ",", "percent": "{0}%", "on": "{0}",
    "category": "category", "department": "department", "brand": "brand", "product_id": "product", "channel": "channel",
    "store": "store", "source": "source", "programme": "programme", "step": "step", "purpose": "purpose",
    "kind": "kind", "state": "state", "priority": "priority", "question": "question", "topic": "topic",
    "amount": "amount", "quantity": "quantity", "discount": "discount", "seconds": "seconds", "value": "value",
    "satisfaction": "satisfaction", "column text": "answer",
}  # fmt: skip
_FR: Words = {
    "and": "ET", "or": "OU", "not": "NON ({0})", "true": "tout le monde", "false": "personne",
    "=": "{0}\u202f: {1}", "<>": "{0}\u202f: autre que {1} (valeur connue)", "<": "{0}\u202f: moins de {1}",
    "<=": "{0}\u202f: au plus {1}", ">": "{0}\u202f: plus de {1}", ">=": "{0}\u202f: au moins {1}",
    "t<": "{0}\u202f: avant {1}", "t<=": "{0}\u202f: au plus tard {1}", "t>": "{0}\u202f: après {1}",
    "t>=": "{0}\u202f: au plus tôt {1}", "ago>": "{0}\u202f: il y a moins de {1}",
    "ago<": "{0}\u202f: il y a plus de {1}",
    "between": "{0}\u202f: de {1} à {2}", "not between": "{0}\u202f: hors de {1} à {2} (valeur connue)",
    "in": "{0}\u202f: {1}", "not in": "{0}\u202f: ni {1} (valeur connue)",
    "like": "{0}\u202f: du modèle {1}", "not like": "{0}\u202f: hors du modèle {1} (valeur connue)",
    "null": "{0}\u202f: valeur inconnue", "not null": "{0}\u202f: valeur connue",
    "consent": "a consenti à «\u202f{0}\u202f» par {1}", "segment": "est dans le segment «\u202f{0}\u202f»",
    "reachable": "joignable pour «\u202f{0}\u202f» par {1}", "listed": "est sur la liste «\u202f{0}\u202f»",
    "sample": "est dans l’échantillon «\u202f{1}\u202f» ({0})",
    "answers": "le nombre de réponses à", "last_answer": "la dernière réponse à", "cases": "le nombre de dossiers",
    "relations": "le nombre de relations", "entries": "le nombre d’entrées dans",
    "exits": "le nombre de sorties de", "property": "la propriété «\u202f{0}\u202f»", "row": " ({0})", "rows": ", ",
    "at once": "au moins une fois\u202f: {0}", "times": "le nombre de fois où\u202f: {0}", "then": ", puis ",
    "then not": ", puis sans ", "within": " (au plus {0} d’une étape à l’autre)", "step orders": "une commande",
    "step events": "l’événement", "step messages": "un message", "step answers": "une réponse à",
    "no orders": "commande", "no events": "l’événement", "no messages": "message", "no answers": "réponse à",
    "orders": "le nombre de commandes", "spend": "le montant dépensé", "units": "le nombre d’articles achetés",
    "events": "le nombre d’événements", "messages": "le nombre de messages",
    "last": " sur {0}", "since": " depuis {0}", "minimum": " d’au moins {0}", "filter": " ({0} «\u202f{1}\u202f»)",
    "name": " «\u202f{1}\u202f»", "days_since": "le nombre de jours depuis {0}",
    "declared": "la valeur déclarée «\u202f{0}\u202f»",
    "now": "maintenant", "entry": "l’entrée", "before": "{1} avant {0}", "after": "{1} après {0}",
    "day": "jour|jours", "hour": "heure|heures", "minute": "minute|minutes",
    "text": "«\u202f{0}\u202f»",
    "list": " ou ", "decimal": ",", "thousands": "\u202f", "percent": "{0}\u202f%", "on": "le {0}",
    "category": "catégorie", "department": "rayon", "brand": "marque", "product_id": "produit", "channel": "canal",
    "store": "magasin", "source": "source", "programme": "programme", "step": "étape", "purpose": "finalité",
    "kind": "type", "state": "état", "priority": "priorité", "question": "question", "topic": "sujet",
    "amount": "montant", "quantity": "quantité", "discount": "remise", "seconds": "secondes", "value": "valeur",
    "satisfaction": "satisfaction", "column text": "réponse",
}  # fmt: skip
_LANGUAGES = {"en": _EN, "fr": _FR}
_LENGTHS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def _as_written(what: str, code: str) -> str:
    """Codes say themselves where nobody knows what they are called."""
    return code


def sentence(
    condition: Condition, language: str, *, zone: str = "UTC", currency: str = "EUR", names: Names = _as_written
) -> str:
    """The condition in words. `zone` shows instants, `currency` (ISO 4217) amounts; `names` names codes."""
    said = _Speaker(_LANGUAGES.get(language, _EN), language, ZoneInfo(zone), currency, names).condition(condition)
    return said[:1].upper() + said[1:]


class _Speaker:
    """Says conditions and values with one language's words."""

    def __init__(self, words: Words, language: str, zone: ZoneInfo, currency: str, names: Names) -> None:
        self._words, self._language, self._zone, self._currency = words, language, zone, currency
        self._names = names

    def condition(self, node: Condition) -> str:  # noqa: PLR0911 - one return a node
        """A condition in words."""
        match node:
            case Every() | Some():
                word = self._words["and" if isinstance(node, Every) else "or"]
                return f" {word} ".join(self._part(part) for part in node.parts)
            case Not():
                return self._say("not", self.condition(node.part))
            case Always():
                return self._words["true" if node.holds else "false"]
            case Consented():
                return self._say("consent", *self._contact(node))
            case Reachable():
                return self._say("reachable", *self._contact(node))
            case InSegment() | Listed():
                name = self._names("segment", node.name)
                return self._say("segment" if isinstance(node, InSegment) else "listed", name)
            case Sampled():
                return self._say("sample", self._number(node.share, Kind.SHARE), node.name)
            case Flag():
                return self._field(node.field)
        return self._test(node)

    def _contact(self, node: Consented | Reachable) -> tuple[str, str]:
        return self._names("purpose", node.purpose), self._names("channel", node.channel)

    def _part(self, node: Condition) -> str:
        said = self.condition(node)
        return f"({said})" if isinstance(node, Every | Some) else said

    def _test(self, node: Compare | Between | OneOf | Like | Unknown) -> str:  # noqa: PLR0911 - one return a node
        if isinstance(node, Compare):
            if isinstance(node.left, Sequence) and _is_once(node):
                return self._say("at once", self._walk(node.left.key))
            if _is_ago(node):
                return self._say(
                    f"ago{node.sign[0]}", self.value(node.left, Kind.INSTANT), self._length(_ago(node.right))
                )
            is_moment = node.left.kind in (Kind.INSTANT, Kind.DATE) and node.sign not in ("=", "<>")
            key = f"t{node.sign}" if is_moment else node.sign
            return self._say(key, self.value(node.left, node.right.kind), self._beside(node.left, node.right))
        negation = "not " if node.negated else ""
        value = self.value(node.value, Kind.NUMBER)
        match node:
            case Between():
                kind = node.value.kind
                return self._say(f"{negation}between", value, self.value(node.low, kind), self.value(node.high, kind))
            case OneOf():
                options = [self._beside(node.value, option) for option in node.options]
                return self._say(f"{negation}in", value, self._either(options, node.negated))
            case Like():
                return self._say(f"{negation}like", value, self._say("text", node.pattern))
            case Unknown():
                return self._say(f"{negation}null", value)

    def _beside(self, of: Value, node: Value) -> str:
        """A value that something is compared with: a code is called by its name."""
        if isinstance(of, FieldValue) and isinstance(node, Text):
            return self._say("text", self._names(of.field.name, node.value))
        return self.value(node, of.kind)

    def _either(self, options: list[str], negated: bool) -> str:
        return (" ni " if negated and self._language == "fr" else self._words["list"]).join(options)

    def value(self, node: Value, beside: Kind) -> str:  # noqa: PLR0911 - one return a node
        """A value in words; a bare number is said as the kind it stands beside."""
        match node:
            case FieldValue():
                return self._field(node.field)
            case Number():
                return self._number(node.value, beside)
            case Text():
                return self._say("text", node.value)
            case Day():
                return self._day(datetime(node.value.year, node.value.month, node.value.day, tzinfo=self._zone))
            case MomentValue():
                return self._moment(node.moment)
            case Fact():
                return self._fact(node.key)
            case Sequence():
                return self._say("times", self._walk(node.key))
            case Declared():
                return self._say("declared", node.key)
        return self._computed(node)

    def _computed(self, node: Shifted | Arithmetic | Negative | DaysSince) -> str:
        match node:
            case Shifted():
                return self._moved(self.value(node.value, Kind.INSTANT), node.seconds)
            case DaysSince():
                return self._say("days_since", self.value(node.value, Kind.INSTANT))
            case Negative():
                return f"−{self.value(node.value, node.kind)}"
            case Arithmetic():
                sign = {"*": "×", "/": "÷", "-": "−", "+": "+"}[node.sign]
                is_sum = node.sign in "+-"
                left = self.value(node.left, node.right.kind if is_sum else Kind.NUMBER)
                right = self.value(node.right, node.left.kind if is_sum else Kind.NUMBER)
                return f"({left} {sign} {right})"

    def _field(self, field: Field) -> str:
        title = field.titles.get(self._language) or field.titles.get("en") or field.name
        return title if field.source == "profile" else title[:1].lower() + title[1:]

    def _fact(self, key: FactKey) -> str:
        said = self._words[key.function] + self._rows(key)
        if key.minimum is not None:
            said += self._say("minimum", self._number(key.minimum, Kind.MONEY))
        return said + self._window(key.since)

    def _rows(self, key: FactKey) -> str:
        """Which rows a function looks at."""
        said = ""
        for column, value in sorted(key.filters, key=lambda one: one[0] != key.measure.subject):
            if not is_implied(key, column, value):
                word = "name" if column == key.measure.subject else "filter"
                said += self._say(word, self._column(column), self._names(column, value))
        tests = [self._row_test(test) for test in key.tests]
        return said + (self._say("row", self._words["rows"].join(tests)) if tests else "")

    def _column(self, column: str) -> str:
        return self._words.get(f"column {column}") or self._words.get(column, column)

    def _row_test(self, test: RowTest) -> str:
        name = self._column(test.column) if test.column else self._say("property", test.name)
        options = [
            self._say("text", self._names(test.column, one)) if isinstance(one, str) else self._number(one, test.kind)
            for one in test.options
        ]
        if test.sign == "=":
            return self._say("<>" if test.negated else "=", name, options[0])
        negation = "not " if test.negated else ""
        key = {"in": f"{negation}in", "like": f"{negation}like", "ilike": f"{negation}like"}.get(test.sign, test.sign)
        return self._say(key, name, self._either(options, test.negated))

    def _walk(self, key: SequenceKey) -> str:
        said = ""
        for number, step in enumerate(key.steps):
            said += self._words["then not" if step.negated else "then"] if number else ""
            said += self._words[f"{'no' if step.negated else 'step'} {step.key.function}"] + self._rows(step.key)
        said += self._say("within", self._length(key.within)) if key.within is not None else ""
        return said + self._window(key.since)

    def _window(self, since: Moment | None) -> str:
        if since is None:
            return ""
        if since.base == "now" and since.seconds < 0:
            return self._say("last", self._length(-since.seconds))
        return self._say("since", self._moment(since))

    def _moment(self, moment: Moment) -> str:
        start = self._day(moment.fixed.astimezone(self._zone)) if moment.fixed else self._words[moment.base]
        return self._moved(start, moment.seconds)

    def _moved(self, start: str, seconds: int) -> str:
        if not seconds:
            return start
        return self._say("after" if seconds > 0 else "before", start, self._length(abs(seconds)))

    def _length(self, seconds: int) -> str:
        name, size = next((name, size) for name, size in _LENGTHS if seconds % size == 0)
        one, many = self._words[name].split("|")
        amount = seconds // size
        return f"{amount} {one if amount == 1 else many}"

    def _day(self, moment: datetime) -> str:
        day = moment.strftime("%d/%m/%Y" if self._language == "fr" else "%Y-%m-%d")
        said = day if not (moment.hour or moment.minute) else f"{day} {moment:%H:%M}"
        return self._say("on", said)

    def _number(self, value: Decimal, kind: Kind) -> str:
        if kind == Kind.SHARE:
            return self._say("percent", self._plain(value * 100))
        if kind == Kind.MONEY:
            amount = self._plain(value)
            return f"{amount}\u00a0€" if self._currency == "EUR" else f"{amount}\u00a0{self._currency}"
        return self._plain(value)

    def _plain(self, value: Decimal) -> str:
        said = f"{value:,f}"
        if "." in said:
            said = said.rstrip("0").rstrip(".")
        return said.replace(",", "\0").replace(".", self._words["decimal"]).replace("\0", self._words["thousands"])

    def _say(self, key: str, *values: str) -> str:
        return self._words[key].format(*values)


def _is_once(node: Compare) -> bool:
    return node.sign == ">=" and isinstance(node.right, Number) and node.right.value == 1


def _is_ago(node: Compare) -> bool:
    """Whether a customer's instant is compared with so long before now."""
    return not isinstance(node.left, MomentValue) and _ago(node.right) > 0


def _ago(value: Value) -> int:
    """How many seconds before now a value stands; 0 where it is another kind of value."""
    is_past = isinstance(value, MomentValue) and value.moment.base == "now" and value.moment.seconds < 0
    return -value.moment.seconds if is_past and isinstance(value, MomentValue) else 0
