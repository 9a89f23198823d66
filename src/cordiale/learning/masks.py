"""Boosted trees as masks of leaves, so that a row's leaf in every tree is found without walking one.

QuickScorer (Lucchese et al., SIGIR 2015). The leaves of a tree are numbered from left to right, one bit each. A
question answered "right" rules out the leaves on its left; of those that remain after all questions of a tree, the
row's is the lowest bit. For each column the masks of all its questions in all trees are put together beforehand, for
every interval of its figures: a row then costs one interval a column and one AND a tree, which processors do many at
a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cordiale.learning.encoding import Floats

LEAVES = 16
"""A tree has at most so many."""
TURN, SHIFT = 0x09AF, 12
"""A de Bruijn sequence of 16 bits: a single bit times it has a number of its own in its highest four bits."""
_ALL = np.uint16(0xFFFF)
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Masks:
    """`edges[starts[j]:starts[j + 1]]` part the figures of the column `columns[j]`, rising.

    `kept` has a line for each interval of each column, before them one for its unknown figures, and a place a tree: the
    leaves left. `leaves`: what each leaf adds, shape (trees, LEAVES), in the order the kernel finds them.
    """

    columns: Ints
    edges: Floats
    starts: Ints
    kept: npt.NDArray[np.uint16]
    leaves: Floats


def of(
    roots: Ints,
    feature: Ints,
    threshold: Floats,
    unknown_left: npt.NDArray[np.bool_],
    left: Ints,
    right: Ints,
    value: Floats,
) -> Masks:
    """The masks of trees kept as `boosting.Trees` keeps them."""
    tree = np.searchsorted(roots, np.arange(len(left)), side="right") - 1
    first, many = _below(left, right)
    inner = np.flatnonzero(left >= 0)
    after = np.full(len(left), _ALL)  # what is left where a row goes right
    after[inner] = ~(((1 << many[left[inner]]) - 1) << first[left[inner]]) & int(_ALL)
    columns = np.unique(feature[inner])
    edges, kept = [np.empty(0)], [np.empty((0, len(roots)), np.uint16)]
    for column in columns:
        nodes = inner[feature[inner] == column]
        cuts, at = np.unique(threshold[nodes], return_inverse=True)
        lines = np.full((len(cuts) + 2, len(roots)), _ALL)
        sent = ~unknown_left[nodes]
        np.bitwise_and.at(lines, (np.zeros(sent.sum(), np.intp), tree[nodes[sent]]), after[nodes[sent]])
        np.bitwise_and.at(lines, (at + 2, tree[nodes]), after[nodes])
        np.bitwise_and.accumulate(lines[1:], axis=0, out=lines[1:])
        edges.append(cuts)
        kept.append(lines)
    return Masks(
        columns=columns.astype(np.int32),
        edges=np.concatenate(edges),
        starts=np.cumsum([0, *(len(cuts) for cuts in edges[1:])]).astype(np.int32),
        kept=np.concatenate(kept),
        leaves=_leaves(tree, first, left, value, len(roots)),
    )


def _below(left: Ints, right: Ints) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Of each node, the number of the first leaf below it and how many there are; children come after their parent."""
    many, first = np.ones(len(left), np.int64), np.zeros(len(left), np.int64)
    inner = np.flatnonzero(left >= 0)
    for node in inner[::-1]:
        many[node] = many[left[node]] + many[right[node]]
    for node in inner:
        first[left[node]] = first[node]
        first[right[node]] = first[node] + many[left[node]]
    if many.max(initial=0) > LEAVES:
        raise ValueError(f"a tree has {many.max()} leaves, more than {LEAVES}")
    return first, many


def _leaves(tree: npt.NDArray[Any], first: npt.NDArray[Any], left: Ints, value: Floats, trees: int) -> Floats:
    leaf = np.flatnonzero(left < 0)
    found = np.zeros((trees, LEAVES))
    found[tree[leaf], ((1 << first[leaf]) * TURN >> SHIFT) % LEAVES] = value[leaf]
    return found
