"""What an editor holds at a moment: one of its two faces, read from what the page sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cordiale.errors import CordialeError
from cordiale.segments.builder.offers import Offers
from cordiale.segments.builder.outline import (
    MOST_ROWS,
    MOST_TEXT,
    Edit,
    Group,
    Rule,
    Tree,
    edited,
    of_json,
    of_tree,
    walk,
)
from cordiale.segments.builder.outline import tree as tree_of
from cordiale.segments.builder.values import Flat, Json
from cordiale.segments.queries.language import parse, parse_tree
from cordiale.segments.rules import BadExpression, Expression, tree_json
from cordiale.segments.rules.writing import BadTree, Written, written

VISUAL, TEXT = "visual", "text"
_ROLE = re.compile(r"(?P<place>[\d.]+)~(?P<role>[a-z.\d_]+)")


@dataclass(kw_only=True)
class Draft:
    """What is being edited. By place, `gaps` tell what is not filled in yet, `problems` what is wrong."""

    face: str
    offers: Offers
    outline: Group = field(default_factory=Group)
    text: str = ""
    gaps: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    fault: BadExpression | None = None
    expression: Expression | None = None
    said: Written | None = None
    tree: Tree | None = None

    @property
    def is_sound(self) -> bool:
        """Can it be counted and saved?"""
        return self.expression is not None

    def spans(self) -> dict[str, tuple[int, int]]:
        """Where each part of the outline stands in the text."""
        if self.said is None or self.tree is None:
            return {}
        spans = {path: (start, end) for start, end, path in self.said.places}
        return {place: spans[path] for path, place in self.tree.places.items() if path in spans}


def of_text(text: str, face: str, offers: Offers, zone: str, language: str) -> Draft:
    """The draft of a text, shown visually where it can be read."""
    draft = Draft(face=TEXT, offers=offers, text=text)
    _read_text(draft)
    if face == VISUAL and (draft.expression is not None or not text.strip()):
        return turned(draft, zone, language)
    return draft


def begun(outline: Group) -> tuple[Group, str]:
    """An outline with a first rule to fill in."""
    return edited(outline, Edit("add"))


def of_post(post: QueryDict, offers: Offers, zone: str, language: str) -> tuple[Draft, str]:
    """The draft a page sent, after what its button does, and the place the focus goes to ("-" for none)."""
    face = TEXT if post.get("face") == TEXT or "outline" not in post else VISUAL
    draft = Draft(face=face, offers=offers, text=post.get("expression", ""))
    if face == TEXT:
        _read_text(draft)
    else:
        draft.outline = _outline(post, offers)
    focus = "-"
    verb, _, rest = post.get("do", "").partition("@")
    if verb == "turn":
        return turned(draft, zone, language), focus
    if verb and face == VISUAL:
        place, _, row = rest.partition("/")
        draft.outline, focus = edited(draft.outline, Edit(verb, place, row))
    if face == VISUAL:
        check(draft, language)
    return draft, focus


def turned(draft: Draft, zone: str, language: str) -> Draft:
    """The other face of it; the same face where it cannot be read yet, with why."""
    if draft.face == VISUAL:
        check(draft, language)
        is_begun = any(isinstance(part, Rule) and part.flat.get("about") for _place, part in walk(draft.outline))
        if is_begun and draft.expression is None:
            return draft
        return Draft(face=TEXT, offers=draft.offers, text=draft.text, expression=draft.expression)
    if draft.expression is None and draft.text.strip():
        return draft
    other = Draft(face=VISUAL, offers=draft.offers, text=draft.text)
    if draft.expression is not None:
        other.outline = of_tree(tree_json.dump(draft.expression, zone), draft.offers)
    check(other, language)
    return other


def _read_text(draft: Draft) -> None:
    try:
        draft.expression = parse(draft.text) if draft.text.strip() else None
    except BadExpression as error:
        draft.fault = error


# From the page's fields


def _outline(post: QueryDict, offers: Offers) -> Group:
    try:
        outline = of_json(json.loads(str(post["outline"])))
    except (ValueError, RecursionError):
        raise CordialeError("these rules cannot be read; reload the page") from None
    said = _said(post)
    for place, part in walk(outline):
        fields = said.get(place or "0.", {})
        if isinstance(part, Rule) and "about" in fields:
            part.flat = _chosen(part.flat, fields, offers)
        elif isinstance(part, Group) and "kind" in fields:
            part.kind = "any" if fields["kind"] == "any" else "all"
            part.negated = bool(fields.get("not"))
    return outline


def _said(post: QueryDict) -> dict[str, Flat]:
    """The fields of each part by its place; the outermost group's is written `0.`."""
    said: dict[str, Flat] = {}
    for name in post:
        found = _ROLE.fullmatch(name)
        if found:
            values = "\n".join(one for one in post.getlist(name) if one)[:MOST_TEXT]
            _put(said.setdefault(found["place"], {}), found["role"].split("."), values)
    return said


def _put(flat: Flat, steps: list[str], value: str) -> None:
    for name, number in zip(steps[:-1:2], steps[1::2], strict=False):
        rows = flat.setdefault(name, [])
        place = int(number) if number.isdecimal() else MOST_ROWS
        if not isinstance(rows, list) or place >= MOST_ROWS:
            return
        rows.extend({} for _missing in range(place + 1 - len(rows)))
        flat = rows[place]
    flat[steps[-1]] = value


def _chosen(before: Flat, fields: Flat, offers: Offers) -> Flat:
    """A rule's fields; those that suit what it is about where that was changed."""
    if fields["about"] == before.get("about"):
        return fields
    negation = {"not": "on"} if fields.get("not") else {}
    return {"about": fields["about"], **negation, **first(fields["about"], offers)}


def first(about: str, offers: Offers) -> Flat:
    """The values a rule begins with, so that it often says something right away."""
    sort = about.partition(":")[0]
    window = {"window": "last", "wn": "90", "wu": "day"}
    if sort == "sequence":
        steps = [{"function": "orders", "conds": []}, {"function": "orders", "conds": [], "not": "on"}]
        return {"op": "once", "steps": steps, "bn": "30", "bu": "day", **window}
    if sort in ("consent", "reachable"):
        known = offers.catalogue
        return {"purpose": known.purposes[0].value if known.purposes else "", "channel": known.channels[0].value}
    if sort == "sample":
        return {"share": "10", "name": "test"}
    return _first_test(about, sort, offers) | (window if sort == "fact" else {})


def _first_test(about: str, sort: str, offers: Offers) -> Flat:
    kind = offers.kind(about)
    if kind == "boolean":
        return {"op": "yes"}
    if kind == "instant":
        return {"op": "within", "n": "30", "u": "day"}
    if sort == "fact":
        return {"op": "once" if kind == "integer" else ">=", "v": "" if kind == "integer" else "50", "conds": []}
    return {"op": "=" if kind == "text" else ">="}


# Is it sound?


def check(draft: Draft, language: str) -> None:
    """Read the outline: its expression and text, or the problems of its rules."""
    draft.tree = tree_of(draft.outline, draft.offers)
    node = _settle(draft, draft.tree)
    if not draft.outline.parts:
        return
    for path, said in _gaps(node, ""):
        draft.gaps.setdefault(draft.tree.place(path), said)
    if draft.problems or draft.gaps:
        return
    try:
        draft.expression = parse_tree(node)
        draft.said = written(node)
        draft.text = draft.said.text
    except BadTree as error:
        message, mend = error.told(language)
        draft.problems[draft.tree.place(error.path)] = f"{message}. {mend}".strip()


def _settle(draft: Draft, tree: Tree) -> Json:
    """The tree with its written rules read; a problem each where they cannot be."""
    places = tree.places

    def read(node: Json, path: str) -> Json:
        if node["type"] == "written":
            return _written(draft, node, places.get(path, places.get(path.removesuffix("/part"), "")))
        if node["type"] == "not":
            return {**node, "part": read(node["part"], f"{path}/part".lstrip("/"))}
        if node["type"] in ("all", "any"):
            parts = [read(one, f"{path}/parts/{number}".lstrip("/")) for number, one in enumerate(node["parts"])]
            return {**node, "parts": parts}
        return node

    return read(tree.node, "")


def _written(draft: Draft, node: Json, place: str) -> Json:
    if not node["text"].strip():
        return node
    try:
        return tree_json.dump(parse(node["text"]))
    except BadExpression as error:
        message, mend = error.told(_language())
        where = _("column %(column)s:") % {"column": error.column}
        draft.problems[place] = f"{where} {message}. {mend}".strip()
        return node


def _language() -> str:
    return (get_language() or "fr")[:2]


def _gaps(node: Any, path: str) -> list[tuple[str, str]]:
    """What is not filled in yet, by path."""
    if isinstance(node, list):
        return [gap for number, one in enumerate(node) for gap in _gaps(one, f"{path}/{number}")]
    if not isinstance(node, Mapping):
        return []
    kind = node.get("type")
    if kind == "blank":
        return [(path, _("Choose what this rule is about."))]
    if kind == "written" and not node["text"].strip():
        return [(path, _("Write the rule."))]
    empty = [key for key in ("value", "subject", "pattern", "name", "property", "column") if node.get(key) == ""]
    empty += [key for key, value in node.get("filters", {}).items() if value == ""] if kind == "fact" else []
    if empty or node.get("last") == "" or node.get("seconds") == "":
        return [(path, _("Fill in the empty field."))]
    return [gap for key, one in node.items() for gap in _gaps(one, f"{path}/{key}".lstrip("/"))]
