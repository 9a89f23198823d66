"""How email addresses and telephone numbers are written for comparison."""

from __future__ import annotations

from cordiale.duplicates.rules.writing import Writing

_SAME_FIGURES = "|".join(f"{figure}+" for figure in "0123456789")

EMAIL = Writing(
    ((r"[ \t\r\n]", ""), (r"^[^@]*$", ""), ("^(test|inconnu|noreply|no-reply|nomail|aucun)@.*$", "")), False
)
# Tags after a plus lead to the same box; at Gmail dots do not count.
LOOSE_EMAIL = Writing(
    (
        *EMAIL.steps,
        (r"\+[^@]*@", "@"),
        ("@googlemail[.]com$", "@gmail.com"),
        *((r"^([^@]*)[.]([^@]*@gmail[.]com)$", r"\1\2"),) * 4,
    ),
    False,
)
LOCAL_PART = Writing((*LOOSE_EMAIL.steps, ("@.*$", "")), False)
PHONE = Writing(
    (
        ("[^0-9+]", ""),
        (r"^([+]|00)330?", "0"),
        (r"^([+]|00)", ""),
        ("[+]", ""),
        (f"^({_SAME_FIGURES})$", ""),
        ("^0?(123456789?|12345678|612345678)$", ""),
        ("^.{0,7}$", ""),
    ),
    False,
)


def email(text: str | None) -> str | None:
    """The address without accents and capitals; None where it is none."""
    return EMAIL.of(text)


def loose_email(text: str | None) -> str | None:
    """The box behind tags, and behind dots at Gmail."""
    return LOOSE_EMAIL.of(text)


def local_part(text: str | None) -> str | None:
    """What stands before the @ of the loose form."""
    return LOCAL_PART.of(text)


def phone(text: str | None) -> str | None:
    """Figures, French numbers from their 0; None for what is no number (`0000000000`)."""
    return PHONE.of(text)
