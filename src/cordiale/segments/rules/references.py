"""Segments that name segments: in which order to evaluate them, and the refusal of circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cordiale.segments.rules.problems import refuse
from cordiale.segments.rules.tree import Expression, InSegment, walk

MAX_CHAIN = 10


def layers(names: Iterable[str], segments: Mapping[str, Expression]) -> list[list[str]]:
    """The segments `names` need, in layers: each names only segments of layers before its own.

    `segments` holds them all and has no circle (see `check_chain`).
    """
    depth: dict[str, int] = {}

    def place(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((place(inner) for inner in segments[name].references), default=-1)
        return depth[name]

    for name in names:
        place(name)
    found: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for name, level in depth.items():
        found[level].append(name)
    return found


def check_chain(name: str, expression: Expression, segments: Mapping[str, Expression]) -> None:
    """Refuse an expression for the segment `name` ("" for none) that would contain itself, or nests too deep.

    The place is the `in_segment` of `expression` that leads there.
    """
    depths: dict[str, int] = {}
    for node in walk(expression.root):
        if isinstance(node, InSegment):
            circle = _circle(name, node.name, segments, depths)
            if circle:
                refuse(expression.text, node.place, "cycle", path=" → ".join(circle))
            if depths[node.name] > MAX_CHAIN:
                refuse(expression.text, node.place, "chain", limit=MAX_CHAIN)


def check_above(name: str, expression: Expression, segments: Mapping[str, Expression]) -> None:
    """Refuse an expression for the segment `name` with which one that names `name`, directly or not, nests too deep.

    `segments` holds them all, `expression` among them.
    """
    found, reached = layers(segments, segments), {name}
    deepest = 0
    for level, layer in enumerate(found):
        above = {one for one in layer if one == name or reached.intersection(segments[one].references)}
        reached |= above
        deepest = level if above else deepest
    if deepest > MAX_CHAIN:
        levels = {one: level for level, layer in enumerate(found) for one in layer}
        named = [node for node in walk(expression.root) if isinstance(node, InSegment)]
        refuse(expression.text, max(named, key=lambda node: levels[node.name]).place, "chain", limit=MAX_CHAIN)


def _circle(name: str, start: str, segments: Mapping[str, Expression], depths: dict[str, int]) -> list[str]:
    """The path from `name` back to itself, or from a segment to itself; empty where there is none. Fills `depths`."""
    path = [name] if name else []

    def follow(here: str) -> bool:
        path.append(here)
        if here in path[:-1]:
            return True
        if here not in depths:
            inner = segments[here].references if here in segments else ()
            if any(follow(one) for one in inner):
                return True
            depths[here] = 1 + max((depths[one] for one in inner), default=0)
        path.pop()
        return False

    return path if follow(start) else []
