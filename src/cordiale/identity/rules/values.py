"""How the values that point to customers are written, so that two spellings meet, and which point to nobody."""

from __future__ import annotations

import re

STRONG = ("reference", "card", "email", "phone")
"""The kinds that say who somebody is, strongest first."""
KINDS = (*STRONG, "anonymous")
LONGEST = 254
LONGEST_REFERENCE = 64
"""So many characters the profile's own reference holds; a longer one points to its customer like a card."""

NOBODYS = frozenset({
    "", "-", "--", ".", "?", "0", "00", "000", "0000", "00000000", "1", "-1", "123", "1234", "12345", "123456", "na",
    "n/a", "nan", "nc", "nd", "ne", "neant", "none", "nil", "null", "(null)", "undefined", "[object object]", "unknown",
    "inconnu", "inconnue", "aucun", "aucune", "sans", "test", "guest", "visitor", "anonymous", "anonyme", "user",
    "userid", "user_id", "id", "email", "customer", "client", "true", "false", "admin", "demo", "example", "xxx",
    "00000000-0000-0000-0000-000000000000",
})  # fmt: skip
"""What forms, tills and scripts write where they know nothing; compared without case."""
NOBODYS_MAILBOXES = frozenset({
    "test", "tests", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "nepasrepondre",
    "ne-pas-repondre", "anonymous", "anonyme", "null", "undefined", "none", "nomail", "no-mail", "noemail", "no-email",
    "pasdemail", "pas-de-mail", "sansmail", "sans-mail", "unknown", "inconnu", "xxx", "aaa", "mailer-daemon",
})  # fmt: skip
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_CONTROL = re.compile("[\x00-\x1f]")
_SHORTEST_PHONE = 5
_ABROAD, _FRENCH, _TRUNK = re.compile("^00(?=[1-9])"), re.compile("^0([1-9][0-9]{8})$"), re.compile(r"^\+330")


def canonical(kind: str, value: str) -> str:
    """`value` as it is stored and looked up: emails without case, phones as digits after an optional +.

    A French number without its country (06…, ten figures) gets it; 00 is a +, and the 0 of +33 (0)6 is dropped.
    """
    value = value.strip()
    if kind == "email":
        return value.lower()
    if kind == "phone":
        digits = re.sub("[^0-9]", "", value)
        number = "+" + digits if value.startswith("+") and digits else digits
        return _TRUNK.sub("+33", _FRENCH.sub(r"+33\1", _ABROAD.sub("+", number)))
    return value


def is_nobodys(kind: str, value: str) -> bool:
    """Does the canonical `value` say nothing of who somebody is: empty, "null", a till's 0000, noreply@…, too long?"""
    if value.lower() in NOBODYS or len(value) > LONGEST or _CONTROL.search(value):
        return True
    if kind == "email":
        mailbox = re.split("[@+]", value, maxsplit=1)[0]
        return mailbox in NOBODYS_MAILBOXES or not _EMAIL.fullmatch(value)
    if kind == "phone":
        digits = value.lstrip("+")
        return len(digits) < _SHORTEST_PHONE or len(set(digits[-_SHORTEST_PHONE - 1 :])) == 1
    return False
