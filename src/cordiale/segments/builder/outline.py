"""Groups and rules as the builder shows them, and what its buttons do to them. Pure.

A node is named by its place: `""` is the outermost group, `1.0` the first part of the second. What comes from a browser
is read with `of_json`, which refuses every other shape.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from cordiale.errors import CordialeError
from cordiale.segments.builder.flat import flatten, rebuild
from cordiale.segments.builder.offers import Offers
from cordiale.segments.builder.values import Flat, Json

MOST_PARTS, MOST_DEEP, MOST_TEXT, MOST_ROWS = 200, 12, 4_000, 20
GROUPS = ("all", "any")


@dataclass
class Rule:
    """One rule, as its fields hold it."""

    flat: Flat = field(default_factory=lambda: {"about": ""})


@dataclass
class Group:
    """Parts joined by AND (`all`) or OR (`any`); `negated`: that does not hold."""

    kind: str = "all"
    negated: bool = False
    parts: list[Part] = field(default_factory=list)


Part = Rule | Group


# The tree of the language


def of_tree(node: Json, offers: Offers) -> Group:
    """The outline of a tree; its outermost part is always a group."""
    part = _of_node(node, offers)
    return part if isinstance(part, Group) else Group(parts=[part])


def _of_node(node: Json, offers: Offers) -> Part:
    inner = node["part"] if node["type"] == "not" else node
    if inner["type"] in GROUPS:
        return Group(inner["type"], inner is not node, [_of_node(part, offers) for part in inner["parts"]])
    return Rule(flatten(node, offers))


@dataclass
class Tree:
    """The tree of an outline, and the place of the outline that each of its nodes (by path) comes from."""

    node: Json
    places: dict[str, str]

    def place(self, path: str) -> str:
        """The place of the innermost part around a node."""
        steps = path.split("/")
        around = ("/".join(steps[:many]) for many in range(len(steps), -1, -1))
        return next((self.places[one] for one in around if one in self.places), "")


def tree(outline: Group, offers: Offers) -> Tree:
    """The tree of an outline. Groups without parts are left out; of nothing at all `blank` is left."""
    places: dict[str, str] = {}
    node = _node(outline, "", "", offers, places)
    return Tree(node=node or {"type": "blank"}, places=places)


def _node(part: Part, place: str, path: str, offers: Offers, places: dict[str, str]) -> Json | None:
    places[path] = place
    if isinstance(part, Rule):
        return rebuild(part.flat, offers)
    below = f"{path}/part" if path and part.negated else "part" if part.negated else path
    parts: list[Json] = []
    for number, each in enumerate(part.parts):
        at = f"{below}/parts/{len(parts)}" if below else f"parts/{len(parts)}"
        found = _node(each, f"{place}.{number}" if place else str(number), at, offers, places)
        if found is not None:
            parts.append(found)
    if not parts:
        del places[path]
        return None
    group: Json = {"type": part.kind, "parts": parts}
    return {"type": "not", "part": group} if part.negated else group


# What travels to the browser and back


def to_json(part: Part) -> Json:
    """The outline as JSON values."""
    if isinstance(part, Rule):
        return {"flat": part.flat}
    return {"kind": part.kind, "not": part.negated, "parts": [to_json(one) for one in part.parts]}


def of_json(data: object) -> Group:
    """The outline of what a browser sent. Raises CordialeError for any other shape."""
    part = _of_json(data, 0)
    outline = part if isinstance(part, Group) else Group(parts=[part])
    if sum(1 for _ in walk(outline)) > MOST_PARTS:
        raise CordialeError(f"a segment takes at most {MOST_PARTS} rules and groups; save a part as one of its own")
    return outline


def _of_json(data: object, depth: int) -> Part:
    if not isinstance(data, dict) or depth > MOST_DEEP:
        raise CordialeError("these rules cannot be read; reload the page")
    if "flat" in data:
        return Rule(_flat(data["flat"], 0))
    parts = data.get("parts")
    if data.get("kind") not in GROUPS or not isinstance(parts, list):
        raise CordialeError("these rules cannot be read; reload the page")
    return Group(data["kind"], data.get("not") is True, [_of_json(one, depth + 1) for one in parts])


def _flat(data: object, depth: int) -> Flat:
    if not isinstance(data, dict) or depth > 2 or len(data) > 40:
        raise CordialeError("these rules cannot be read; reload the page")
    flat: Flat = {}
    for key, value in data.items():
        if isinstance(value, str):
            flat[str(key)[:40]] = value[:MOST_TEXT]
        elif key in ("conds", "steps") and isinstance(value, list):
            flat[key] = [_flat(one, depth + 1) for one in value[:MOST_ROWS]]
    return flat


def walk(part: Part, place: str = "") -> Iterator[tuple[str, Part]]:
    """Every part with its place, outer ones first."""
    yield place, part
    if isinstance(part, Group):
        for number, one in enumerate(part.parts):
            yield from walk(one, f"{place}.{number}" if place else str(number))


# What the buttons do


@dataclass(frozen=True)
class Edit:
    """A button: what it does, to the part at `place`; `row` is the row of a rule it is about, `1` or `1.0`."""

    verb: str
    place: str = ""
    row: str = ""


def edited(outline: Group, edit: Edit) -> tuple[Group, str]:
    """The outline afterwards, and the place the focus goes to. Raises CordialeError where that cannot be done."""
    outline = copy.deepcopy(outline)
    verb = _ROW_VERBS.get(edit.verb) or _VERBS.get(edit.verb)
    if verb is None:
        raise CordialeError(f"there is no '{edit.verb}' here")
    return outline, verb(outline, edit)


def at(outline: Group, place: str) -> Part:
    """The part at a place. Raises CordialeError where there is none."""
    part: Part = outline
    for step in place.split(".") if place else ():
        if not isinstance(part, Group) or not step.isdecimal() or int(step) >= len(part.parts):
            raise CordialeError("this rule is no longer there; reload the page")
        part = part.parts[int(step)]
    return part


def _above(outline: Group, place: str) -> tuple[Group, int, str]:
    """The group a part is in, its number there, and the group's place."""
    above, _, last = place.rpartition(".")
    group = at(outline, above)
    at(outline, place)
    if not place or not isinstance(group, Group):
        raise CordialeError("the outermost group stays where it is")
    return group, int(last), above


def _below(place: str, number: int) -> str:
    return f"{place}.{number}" if place else str(number)


def _add(outline: Group, edit: Edit) -> str:
    group = at(outline, edit.place)
    if not isinstance(group, Group):
        raise CordialeError("a rule is added to a group")
    group.parts.append(Rule() if edit.verb == "add" else Group("any" if group.kind == "all" else "all", parts=[Rule()]))
    added = _below(edit.place, len(group.parts) - 1)
    return added if edit.verb == "add" else _below(added, 0)


def _remove(outline: Group, edit: Edit) -> str:
    group, number, above = _above(outline, edit.place)
    del group.parts[number]
    return _below(above, min(number, len(group.parts) - 1)) if group.parts else above


def _copy(outline: Group, edit: Edit) -> str:
    group, number, above = _above(outline, edit.place)
    group.parts.insert(number + 1, copy.deepcopy(group.parts[number]))
    return _below(above, number + 1)


def _wrap(outline: Group, edit: Edit) -> str:
    """Put a part in a group of its own, with room for what it is to be joined with."""
    group, number, _ = _above(outline, edit.place)
    group.parts[number] = Group("any" if group.kind == "all" else "all", parts=[group.parts[number]])
    return _below(edit.place, 0)


def _unwrap(outline: Group, edit: Edit) -> str:
    group, number, _ = _above(outline, edit.place)
    inner = group.parts[number]
    if not isinstance(inner, Group) or inner.negated:
        raise CordialeError("take NOT away before ungrouping")
    group.parts[number : number + 1] = inner.parts
    return edit.place


def _up(outline: Group, edit: Edit) -> str:
    """Before the part above it, into its end where that is a group, or out of its own group."""
    group, number, above = _above(outline, edit.place)
    part = group.parts.pop(number)
    if number == 0:
        if not above:
            group.parts.insert(0, part)
            return edit.place
        outer, place, outermost = _above(outline, above)
        outer.parts.insert(place, part)
        return _below(outermost, place)
    before = group.parts[number - 1]
    if isinstance(before, Group):
        before.parts.append(part)
        return _below(_below(above, number - 1), len(before.parts) - 1)
    group.parts.insert(number - 1, part)
    return _below(above, number - 1)


def _down(outline: Group, edit: Edit) -> str:
    """After the part below it, into its beginning where that is a group, or out of its own group."""
    group, number, above = _above(outline, edit.place)
    part = group.parts.pop(number)
    if number == len(group.parts):
        if not above:
            group.parts.append(part)
            return edit.place
        outer, place, outermost = _above(outline, above)
        outer.parts.insert(place + 1, part)
        return _below(outermost, place + 1)
    after = group.parts[number]
    if isinstance(after, Group):
        after.parts.insert(0, part)
        return _below(_below(above, number), 0)
    group.parts.insert(number + 1, part)
    return _below(above, number + 1)


def _rows(outline: Group, edit: Edit, name: str) -> tuple[list[Flat], str]:
    """The rows of a rule (or of a step of it) and the last part of the row's name."""
    rule = at(outline, edit.place)
    if not isinstance(rule, Rule):
        raise CordialeError("this rule is no longer there; reload the page")
    flat, (step, _, last) = rule.flat, edit.row.rpartition(".")
    if step:
        flat = _row(flat.get("steps", []), step)
    return flat.setdefault(name, []), last


def _row(rows: list[Flat], number: str) -> Flat:
    if not number.isdecimal() or int(number) >= len(rows):
        raise CordialeError("this condition is no longer there; reload the page")
    return rows[int(number)]


def _add_row(outline: Group, edit: Edit) -> str:
    name = "steps" if edit.verb == "add-step" else "conds"
    rows, _ = _rows(outline, edit, name)
    if len(rows) >= MOST_ROWS:
        raise CordialeError(f"a rule takes at most {MOST_ROWS} conditions")
    rows.append({"function": "orders", "conds": []} if name == "steps" else {"column": "", "op": "=", "v": ""})
    return edit.place


def _remove_row(outline: Group, edit: Edit) -> str:
    rows, last = _rows(outline, edit, "steps" if edit.verb == "remove-step" else "conds")
    rows.remove(_row(rows, last))
    return edit.place


_VERBS = {"add": _add, "add-group": _add, "remove": _remove, "copy": _copy, "wrap": _wrap, "unwrap": _unwrap,
          "up": _up, "down": _down}  # fmt: skip
_ROW_VERBS = {"add-cond": _add_row, "add-step": _add_row, "remove-cond": _remove_row, "remove-step": _remove_row}
