"""The shape of a tree of JSON values, and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from cordiale.errors import CordialeError
from cordiale.segments.rules.problems import BadExpression

Path = tuple[str, ...]
"""Keys and positions that lead to a node."""
MAX_NESTED = 40
SHAPES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset(required.split()), frozenset(optional.split()))
    for kind, required, optional in (
        ("all", "parts", ""), ("any", "parts", ""), ("not", "part", ""), ("always", "holds", ""), ("flag", "field", ""),
        ("consent", "purpose channel", ""), ("reachable", "purpose channel", ""), ("segment", "name", ""),
        ("listed", "name", ""), ("sample", "share name", ""), ("compare", "sign left right", ""),
        ("between", "value low high", "negated"), ("in", "value options", "negated"),
        ("like", "value pattern", "negated ignores_case"), ("unknown", "value", "negated"),
        ("field", "name", ""), ("declared", "key", ""), ("declared_number", "key", ""), ("number", "value", ""),
        ("text", "value", ""), ("moment", "base", "seconds"), ("shifted", "value seconds", ""),
        ("arithmetic", "sign left right", ""), ("negative", "value", ""), ("days_since", "value", ""),
        ("fact", "function", "subject filters tests minimum last since"),
        ("sequence", "steps", "within last since"),
    )
}  # fmt: skip
"""The keys each type of node must have, and those it may have."""
_SENTENCES = {
    "object": ("an object with a type is wanted", "un objet avec un type est attendu"),
    "type": ("there is no node of type '{word}' here", "il n’y a pas ici de nœud de type « {word} »"),
    "missing": ("'{word}' is missing", "il manque « {word} »"),
    "unknown": ("'{word}' is not known here", "« {word} » n’est pas connu ici"),
    "list": ("a list of 1 to {limit} is wanted", "une liste de 1 à {limit} éléments est attendue"),
    "text": ("a text is wanted", "un texte est attendu"),
    "word": ("a name is wanted", "un nom est attendu"),
    "number": ("a number is wanted", "un nombre est attendu"),
    "flag": ("true or false is wanted", "true ou false est attendu"),
    "sign": ("there is no operator '{word}' here", "il n’y a pas ici d’opérateur « {word} »"),
    "seconds": ("whole minutes, in seconds, are wanted", "des minutes entières, en secondes, sont attendues"),
    "deep": ("the tree is nested more than {limit} deep", "l’arbre compte plus de {limit} niveaux"),
    "large": ("the tree has more than {limit} nodes", "l’arbre compte plus de {limit} nœuds"),
}


class BadTree(CordialeError):
    """Why a tree is refused. `path` leads to the node, as in `parts/0/left` (empty: the root); `told` says it."""

    def __init__(self, path: str, said: tuple[str, str], hints: tuple[str, str] = ("", "")) -> None:
        self.path, self._said, self._hints = path, said, hints
        where = f"at {path}: " if path else ""
        super().__init__(f"{where}{said[0]}" + (f"; {hints[0]}" if hints[0] else ""))

    @classmethod
    def of(cls, said: Written, error: BadExpression) -> BadTree:
        """A refusal of the text, as one of the node it is about."""
        (english, hint), (french, conseil) = error.told("en"), error.told("fr")
        return cls(said.path_at(error.start, error.end), (english, french), (hint, conseil))

    def told(self, language: str) -> tuple[str, str]:
        """The sentence and the mend (empty where there is none) in `fr` or `en`."""
        which = 1 if language == "fr" else 0
        return self._said[which], self._hints[which]


@dataclass(frozen=True, kw_only=True)
class Written:
    """The text of a tree; `places` are (first character, after the last, path) of its nodes, outer ones first."""

    text: str
    places: tuple[tuple[int, int, str], ...]

    def path_at(self, start: int, end: int) -> str:
        """The path of the innermost node around a place."""
        around = [(to - begin, path) for begin, to, path in self.places if begin <= start and end <= to]
        return min(around, key=lambda one: (one[0], -len(one[1])), default=(0, ""))[1]


def refuse(path: Path, code: str, **values: object) -> NoReturn:
    """Raise BadTree at a node."""
    english, french = _SENTENCES[code]
    raise BadTree("/".join(path), (english.format_map(values), french.format_map(values)))


def check_keys(data: Mapping[str, Any], shape: tuple[frozenset[str], frozenset[str]], path: Path) -> None:
    """Refuse a key that is not known, and the lack of one that must be there."""
    required, optional = shape
    for key in data:
        if key not in required | optional | {"type"}:
            refuse(path, "unknown", word=str(key)[:40])
    missing = sorted(required - set(data))
    if missing:
        refuse(path, "missing", word=missing[0])
