"""What a column of a file may be: the kinds of imports, their targets, and how columns of that sense are named."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cordiale.customers.fields import fields
from cordiale.errors import CordialeError

KINDS = ("customers", "orders", "events", "consents", "answers")
IDENTIFIERS = ("reference", "card", "email", "phone")
"""Strongest first."""
PROPERTY = "properties."
_ALIKE = 0.88


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a column goes. `type`: text, date, instant, money, number, integer, boolean, or one `customers` checks."""

    name: str
    type: str
    labels: Mapping[str, str]
    is_required: bool = False
    called: Sequence[str] = field(default_factory=tuple)


def _target(name: str, type_: str, french: str, english: str, called: str = "", *, required: bool = False) -> Target:
    names = tuple(one.strip() for one in called.split(",") if one.strip())
    return Target(name=name, type=type_, labels={"fr": french, "en": english}, called=names, is_required=required)


_IDENTIFIERS = {
    "reference": _target(
        "reference", "text", "Référence", "Reference",
        "ref, id, id client, client id, customer id, client, n client, no client, numero client, code client, user id,"
        " customer number, customer, external id, numero de client",
    ),
    "card": _target(
        "card", "text", "Carte de fidélité", "Loyalty card",
        "carte, n carte, no carte, numero de carte, carte fidelite, card number, card",
    ),
    "email": _target(
        "email", "email", "Adresse e-mail", "Email address",
        "mail, courriel, e mail, adresse mail, adresse email, adresse electronique, email client",
    ),
    "phone": _target(
        "phone", "phone", "Téléphone", "Phone",
        "tel, mobile, portable, gsm, telephone mobile, telephone portable, numero de telephone, phone number",
    ),
}  # fmt: skip
_CALLED = {
    "first_name": "prenom, firstname, given name",
    "last_name": "nom, nom de famille, surname, family name, lastname, name",
    "birth_on": "naissance, ne le, nee le, ne e le, birthday, birth date, date of birth, dob, birthdate",
    "street": "adresse, voie, address, adresse 1, adresse postale, address line 1, adresse ligne 1",
    "postcode": "cp, zip, zip code, postal code, code post",
    "city": "commune, localite, town",
    "country": "code pays, country code",
    "language": "lang",
    "timezone": "fuseau",
}
_AT = "date, horodatage, timestamp, date heure, created at, le, when"
_OTHERS: Mapping[str, tuple[Target, ...]] = {
    "orders": (
        _target("order_id", "text", "Numéro de commande", "Order number",
                "commande, n commande, no commande, order, order id, ticket, n ticket, id commande, basket id,"
                " transaction, transaction id, numero de ticket", required=True),
        _target("line_no", "integer", "Numéro de ligne", "Line number", "ligne, line, n ligne"),
        _target("at", "instant", "Date de commande", "Order date",
                _AT + ", date commande, ordered at, date d achat, purchase date", required=True),
        _target("product_id", "text", "Produit", "Product",
                "article, sku, code article, ref article, reference article, produit id, product id, ean, code produit",
                required=True),
        _target("category", "text", "Catégorie", "Category", "famille, product category"),
        _target("department", "text", "Rayon", "Department", "univers, departement"),
        _target("brand", "text", "Marque", "Brand"),
        _target("store", "text", "Magasin", "Store", "boutique, point de vente, store id, shop"),
        _target("channel", "text", "Canal", "Channel"),
        _target("quantity", "integer", "Quantité", "Quantity", "qte, qty, nombre, units"),
        _target("amount", "money", "Montant payé", "Amount paid",
                "montant, montant ttc, prix, total, price, ca, amount, sales value, montant ligne", required=True),
        _target("discount", "money", "Remise", "Discount", "reduction, rabais, remises"),
    ),
    "events": (
        _target("event_id", "text", "Numéro d’événement", "Event number", "event id, id evenement, message id"),
        _target("name", "text", "Événement", "Event", "nom, event name, nom de l evenement, name", required=True),
        _target("at", "instant", "Date", "Date", _AT, required=True),
    ),
    "consents": (
        _target("purpose", "text", "Finalité", "Purpose", "objet", required=True),
        _target("channel", "text", "Canal", "Channel", "moyen, canal de contact", required=True),
        _target("state", "text", "Consentement", "Consent",
                "etat, statut, opt in, optin, accord, state, consent state, status", required=True),
        _target("at", "instant", "Date", "Date", _AT + ", date du consentement, consent date", required=True),
        _target("wording", "text", "Texte montré", "Text shown", "texte, libelle, wording"),
    ),
    "answers": (
        _target("answer_id", "text", "Numéro de réponse", "Answer number", "id reponse, answer id, response id"),
        _target("survey", "text", "Enquête", "Survey", "questionnaire, sondage", required=True),
        _target("question", "text", "Question", "Question", required=True),
        _target("kind", "text", "Sorte de réponse", "Kind of answer", "type, kind", required=True),
        _target("value", "number", "Note", "Value", "score, valeur, rating"),
        _target("text", "text", "Texte", "Text", "commentaire, verbatim, comment, reponse, answer"),
        _target("channel", "text", "Canal", "Channel"),
        _target("at", "instant", "Date", "Date", _AT + ", date de reponse, answered at", required=True),
    ),
}  # fmt: skip


def require_kind(kind: str) -> str:
    """Return `kind`; raise CordialeError naming those there are."""
    if kind not in KINDS:
        raise CordialeError(
            _("'%(kind)s' cannot be imported; write one of %(kinds)s") % {"kind": kind, "kinds": ", ".join(KINDS)}
        )
    return kind


def targets(kind: str) -> dict[str, Target]:
    """What columns of this kind of file may be, by name: who the row is about first."""
    found = dict(_IDENTIFIERS)
    if require_kind(kind) != "customers":
        return found | {one.name: one for one in _OTHERS[kind]}
    for name, one in fields().items():
        called = _IDENTIFIERS[name].called if name in _IDENTIFIERS else _names(_CALLED.get(name, ""))
        found[name] = Target(name=name, type=one.type, labels=one.labels, called=called)
    return found


def names(kind: str, wanted: Sequence[str]) -> str:
    """These targets in the words of who reads, and as a mapping writes them."""
    known, language = targets(kind), (get_language() or "en")[:2]
    return ", ".join(f"{known[one].labels.get(language, one)} ({one})" if one in known else one for one in wanted)


def get_target(kind: str, name: str) -> Target:
    """The target called `name`; `properties.colour` is a property of an event. Raises CordialeError."""
    known = targets(kind)
    if name in known:
        return known[name]
    if kind == "events" and name.startswith(PROPERTY) and re.fullmatch(r"[\w .-]{1,60}", name[len(PROPERTY) :]):
        said = name.removeprefix(PROPERTY)
        return Target(name=name, type="text", labels={"fr": said, "en": said})
    near = difflib.get_close_matches(name, known, 1)
    hint = (
        _("did you mean '%(near)s'?") % {"near": near[0]}
        if near
        else _("it takes %(names)s") % {"names": ", ".join(known)}
    )
    raise CordialeError(
        _("a file of %(kind)s has no '%(name)s'; %(hint)s") % {"kind": kind, "name": name, "hint": hint}
    )


def guess(kind: str, columns: Sequence[str]) -> dict[str, str]:
    """Which column is probably what: column → target, no target twice. Same words first, then nearly the same."""
    spoken = {name: _spoken(one) for name, one in targets(kind).items()}
    found: dict[str, str] = {}
    free = set(spoken)
    for is_near in (False, True):
        for column in columns:
            if column not in found and (target := _best(folded(column), spoken, free, is_near=is_near)):
                found[column] = target
                free.discard(target)
    return found


def folded(text: str) -> str:
    """Words without accents, case and punctuation."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9]+", letters.lower()))


def _best(said: str, spoken: Mapping[str, set[str]], free: set[str], *, is_near: bool) -> str:
    if not is_near:
        return next((name for name, words in spoken.items() if name in free and said in words), "")
    best, target = _ALIKE, ""
    for name, words in spoken.items():
        likeness = max(difflib.SequenceMatcher(None, said, word).ratio() for word in words)
        if name in free and likeness > best:
            best, target = likeness, name
    return target


def _spoken(one: Target) -> set[str]:
    return {folded(word) for word in (one.name.replace("_", " "), one.name, *one.labels.values(), *one.called)} - {""}


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
