"""What can be wrong in an expression, said in English and in French, always with its place.

One table holds every sentence, so that the command line (English) and the pages (both languages) say the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NoReturn

from cordiale.errors import Located

SOURCE = "expression"

_SENTENCES: dict[str, tuple[str, str]] = {
    "empty": ("the expression is empty", "l’expression est vide"),
    "too_long": ("the expression is longer than {limit} characters", "l’expression dépasse {limit} caractères"),
    "too_many": ("the expression has more than {limit} elements", "l’expression compte plus de {limit} éléments"),
    "too_deep": ("parentheses and negations are nested more than {limit} deep",
                 "plus de {limit} parenthèses ou négations imbriquées"),
    "open_text": ("this text is never closed", "ce texte n’est jamais refermé"),
    "open_parenthesis": ("this parenthesis is never closed", "cette parenthèse n’est jamais refermée"),
    "comment": ("comments are not part of the language", "les commentaires ne font pas partie du langage"),
    "character": ("this character is not part of the language", "ce caractère ne fait pas partie du langage"),
    "unexpected": ("'{word}' is not expected here", "« {word} » n’est pas attendu ici"),
    "unexpected_end": ("the expression stops before its end", "l’expression s’arrête avant la fin"),
    "not_allowed": ("'{word}' is not part of the language", "« {word} » ne fait pas partie du langage"),
    "double_quotes": ("{word} is in double quotes", "{word} est entre guillemets doubles"),
    "curly_quotes": ("'{word}' has typographic quotes", "« {word} » porte des guillemets typographiques"),
    "number": ("'{word}' is not a plain number", "« {word} » n’est pas un nombre simple"),
    "unknown_field": ("no field is called '{word}'", "aucun champ ne s’appelle « {word} »"),
    "unknown_function": ("no function is called '{word}'", "aucune fonction ne s’appelle « {word} »"),
    "unknown_argument": ("{function} has no argument '{word}'", "{function} n’a pas d’argument « {word} »"),
    "unknown_segment": ("no segment is called '{word}'", "aucun segment ne s’appelle « {word} »"),
    "unknown_purpose": ("no purpose is called '{word}'", "aucune finalité ne s’appelle « {word} »"),
    "unknown_channel": ("no channel is called '{word}'", "aucun canal ne s’appelle « {word} »"),
    "unknown_value": ("{field} is never '{word}'", "{field} ne vaut jamais « {word} »"),
    "field_called": ("'{word}' is a field, not a function", "« {word} » est un champ, pas une fonction"),
    "function_bare": ("'{word}' is a function", "« {word} » est une fonction"),
    "argument_twice": ("the argument '{word}' is given twice", "l’argument « {word} » est donné deux fois"),
    "argument_named": ("arguments of {function} are named", "les arguments de {function} sont nommés"),
    "argument_text": ("'{word}' takes a text", "« {word} » attend un texte"),
    "argument_duration": ("'{word}' takes a duration", "« {word} » attend une durée"),
    "argument_moment": ("'{word}' takes a fixed moment", "« {word} » attend un moment fixe"),
    "argument_instant": ("'days_since' takes an instant", "« days_since » attend un instant"),
    "argument_amount": ("'{word}' takes an amount", "« {word} » attend un montant"),
    "argument_count": ("{function} takes {wanted}", "{function} attend {wanted}"),
    "both_windows": ("'last' and 'since' exclude each other", "« last » et « since » s’excluent"),
    "entry": ("'entry' is only known inside a scenario", "« entry » n’est connu que dans un scénario"),
    "condition_wanted": ("a condition is wanted here, this is a value ({kind})",
                         "une condition est attendue ici, ceci est une valeur ({kind})"),
    "value_wanted": ("a value is wanted here, this is a condition",
                     "une valeur est attendue ici, ceci est une condition"),
    "null_compared": ("nothing compares with null", "rien ne se compare à null"),
    "truth_compared": ("conditions do not compare with true or false",
                       "une condition ne se compare pas à true ou false"),
    "kinds": ("{left} and {right} do not compare", "on ne peut pas comparer {left} et {right}"),
    "operator": ("'{word}' does not apply to {kind}", "« {word} » ne s’applique pas à {kind}"),
    "arithmetic": ("'{word}' does not compute with {kind}", "« {word} » ne calcule pas avec {kind}"),
    "duration": ("'{word}' is not a duration", "« {word} » n’est pas une durée"),
    "moment": ("'{word}' is neither a day nor an instant", "« {word} » n’est ni un jour ni un instant"),
    "too_far": ("moments reach 200 years at most", "les moments s’étendent sur 200 ans au plus"),
    "day": ("'{word}' is not a day", "« {word} » n’est pas un jour"),
    "share": ("a share goes from 0 to 1", "une part va de 0 à 1"),
    "constants": ("both sides are fixed, so this is the same for everyone",
                  "les deux côtés sont fixes : c’est pareil pour tout le monde"),
    "list": ("'in' takes a list of fixed values", "« in » attend une liste de valeurs fixes"),
    "pattern": ("a pattern is a text without backslash", "un motif est un texte sans barre oblique inverse"),
    "unknown_list": ("no list is called '{word}'", "aucune liste ne s’appelle « {word} »"),
    "unknown_column": ("{function} has no column '{word}'", "{function} n’a pas de colonne « {word} »"),
    "row_constant": ("a row is held against fixed values", "une ligne se compare à des valeurs fixes"),
    "row_between": ("'not between' does not apply to a row", "« not between » ne s’applique pas à une ligne"),
    "property": ("properties are those of an event", "les propriétés sont celles d’un événement"),
    "property_name": ("'{word}' cannot name a property", "« {word} » ne peut pas nommer une propriété"),
    "step": ("a step is orders, events, messages or answers, or 'not' before one of them",
             "une étape est orders, events, messages ou answers, ou l’une d’elles précédée de « not »"),
    "step_window": ("the window is the sequence’s, and a step takes no minimum",
                    "la période est celle de la séquence, et une étape ne prend pas de minimum"),
    "steps": ("a sequence takes 2 to {limit} steps", "une séquence prend de 2 à {limit} étapes"),
    "first_step": ("a sequence begins with something that happened",
                   "une séquence commence par quelque chose qui s’est produit"),
    "sample_share": ("a sample takes a share above 0", "un échantillon attend une part supérieure à 0"),
    "sample_name": ("a sample takes a name of 1 to {limit} characters",
                    "un échantillon attend un nom de 1 à {limit} caractères"),
    "sensitive": ("'{word}' is sensitive; segments do not read it",
                  "« {word} » est une donnée sensible ; les segments ne la lisent pas"),
    "fact_wanted": ("'never' takes a fact function", "« never » attend une fonction de faits"),
    "spoilt": ("the segment '{name}' cannot be evaluated any more: {reason}",
               "le segment « {name} » ne peut plus être évalué : {reason}"),
    "cycle": ("the segment would contain itself: {path}", "le segment se contiendrait lui-même : {path}"),
    "chain": ("segments refer to each other more than {limit} deep",
              "les segments se citent sur plus de {limit} niveaux"),
}  # fmt: skip

_HINTS: dict[str, tuple[str, str]] = {
    "nearest": ("did you mean '{name}'?", "vouliez-vous dire « {name} » ?"),
    "single_quotes": ("texts take straight single quotes, as in city = 'Lyon'",
                      "les textes prennent des apostrophes droites, comme dans city = 'Lyon'"),
    "write": ("write {example}", "écrivez {example}"),
    "close_text": ("close it with '; an apostrophe inside is doubled: 'l''été'",
                   "refermez-le par ' ; une apostrophe à l’intérieur est doublée : 'l''été'"),
    "one_of": ("it is one of {names}", "au choix : {names}"),
    "durations": ("write a number of minutes, hours, days or weeks, as in '90 days'",
                  "écrivez un nombre de minutes, d’heures, de jours ou de semaines en anglais, comme '90 days'"),
    "moments": ("write '2026-01-31', '2026-01-31T10:00:00+01:00', now or now - '30 days'",
                "écrivez '2026-01-31', '2026-01-31T10:00:00+01:00', now ou now - '30 days'"),
    "percent": ("30 % is written 0.3", "30 % s’écrit 0.3"),
    "split": ("save a part as a segment of its own and use in_segment('…')",
              "enregistrez-en une partie comme segment et utilisez in_segment('…')"),
    "numbers": ("digits, and a point before decimals, as in 1250.50",
                "des chiffres, un point avant les décimales : 1250.50"),
}  # fmt: skip

_WORDS = {"en": 0, "fr": 1}


class BadExpression(Located):
    """Why an expression is refused. `start` and `end` are offsets of the exact words; `told(language)` says it."""

    def __init__(self, text: str, place: tuple[int, int], code: str, hint: str, values: Mapping[str, object]) -> None:
        self.code, self.hint_code, self.values = code, hint, values
        self.start, self.end = place
        before = text[: self.start]
        english = self._values(0)
        super().__init__(
            _SENTENCES[code][0].format_map(english),
            line=before.count("\n") + 1,
            column=self.start - (before.rfind("\n") + 1) + 1,
            source=SOURCE,
            hint=_HINTS[hint][0].format_map(english) if hint else "",
        )

    def told(self, language: str) -> tuple[str, str]:
        """The sentence and the mend (empty where there is none) in `fr` or `en`."""
        which = _WORDS.get(language, 0)
        hint = _HINTS[self.hint_code][which].format_map(self._values(which)) if self.hint_code else ""
        return _SENTENCES[self.code][which].format_map(self._values(which)), hint

    def _values(self, which: int) -> dict[str, object]:
        return {name: value[which] if isinstance(value, tuple) else value for name, value in self.values.items()}


def refuse(text: str, place: tuple[int, int], code: str, hint: str = "", **values: object) -> NoReturn:
    """Raise BadExpression at `place` (offsets of the first character and after the last).

    A value may be a pair (English, French).
    """
    raise BadExpression(text, place, code, hint, values)


def refuse_unknown(
    text: str, place: tuple[int, int], code: str, word: str, known: Iterable[str], **values: str
) -> NoReturn:
    """Refuse a name nobody knows, proposing the nearest known one, or all when they are few."""
    names = sorted(known)
    near = get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if near:
        refuse(text, place, code, "nearest", word=word, name=near[0], **values)
    if 0 < len(names) <= 12:
        refuse(text, place, code, "one_of", word=word, names=", ".join(names), **values)
    refuse(text, place, code, word=word, **values)
