"""From Liquid's tree to the source of one Python function over static pieces.

Nothing a template's author writes enters the source but as `repr` of a string or a number: names are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from liquid.ast import BlockNode
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, KeywordArgument, Path, logical, primitive
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from markupsafe import Markup

from cordiale.content.rules.filters import Filter
from cordiale.content.rules.runtime import NAMES
from cordiale.errors import Located

Vocabulary = Mapping[str, frozenset[str] | None]
"""The variables a template may name: `None` for a plain value, else the names under it."""

_BINARY: Mapping[type, str] = {
    logical.EqExpression: "equals({0}, {1})",
    logical.NeExpression: "(not equals({0}, {1}))",
    logical.LtExpression: "is_less({0}, {1})",
    logical.GtExpression: "is_less({1}, {0})",
    logical.LeExpression: "is_at_most({0}, {1})",
    logical.GeExpression: "is_at_most({1}, {0})",
    logical.ContainsExpression: "contains({0}, {1})",
    logical.LogicalAndExpression: "(is_true({0}) and is_true({1}))",
    logical.LogicalOrExpression: "(is_true({0}) or is_true({1}))",
}
_MAGIC = frozenset({"size", "first", "last"})


@dataclass(frozen=True)
class Source:
    """A Liquid text somebody wrote, and what it is called in messages."""

    name: str
    text: str

    def wrong(self, message: str, token: Any, hint: str = "") -> Located:
        """The error at `token`."""
        index = max(getattr(token, "start_index", 0), 0)
        before = self.text[:index]
        line, column = before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1
        return Located(message, line=line, column=column, source=self.name, hint=hint)


@dataclass(frozen=True)
class Dialect:
    """What a template may use: variables and filters; `escapes` where its output is HTML."""

    variables: Vocabulary
    filters: Mapping[str, Filter]
    escapes: bool


@dataclass
class Generator:
    """Writes the function for one source. `static` encodes what the template itself says.

    Outputs that name no loop variable are computed once a message (`once`); those inside loops go through `often`,
    which may remember what it encoded.
    """

    source: Source
    dialect: Dialect
    static: Callable[[str], Any]
    once: Callable[[Any], Any]
    often: Callable[[Any], Any]
    _names: dict[str, Any] = field(default_factory=dict)
    _first: dict[str, str] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)

    def build(self, nodes: list[Any]) -> Callable[[Mapping[str, Any]], list[Any]]:
        """The function: a person's context to the pieces of the output."""
        self._block(nodes, 1, {})
        head = [f"    {name} = once({expression})" for expression, name in self._first.items()]
        body = [
            "def run(context):",
            "    out = []",
            "    add = out.append",
            "    get = context.get",
            *head,
            *self._lines,
        ]
        code = "\n".join([*body, "    return out", ""])
        scope: dict[str, Any] = {**NAMES, **self._names, "once": self.once, "often": self.often}
        exec(compile(code, f"<{self.source.name}>", "exec"), scope)  # noqa: S102 - written above, from our names and reprs
        return scope["run"]  # type: ignore[no-any-return]

    def _block(self, nodes: list[Any], depth: int, loops: dict[str, str]) -> None:
        written = len(self._lines)
        for node in nodes:
            self._node(node, depth, loops)
        if len(self._lines) == written:
            self._write(depth, "pass")

    def _node(self, node: Any, depth: int, loops: dict[str, str]) -> None:
        if isinstance(node, ContentNode):
            if node.text:
                self._write(depth, f"add({self._name(self.static(node.text))})")
        elif isinstance(node, OutputNode):
            self._write(depth, f"add({self._output(node.expression, loops)})")
        elif isinstance(node, IfNode | UnlessNode):
            self._condition(node, depth, loops)
        elif isinstance(node, ForNode):
            self._loop(node, depth, loops)
        elif not isinstance(node, CommentNode) and type(node).__name__ != "InlineCommentNode":
            self._refuse("this tag cannot be used in a message", node.token)

    def _condition(self, node: IfNode | UnlessNode, depth: int, loops: dict[str, str]) -> None:
        negated = "not " if isinstance(node, UnlessNode) else ""
        self._write(depth, f"if {negated}{self._expression(node.condition, loops)}:")
        self._branch(node.consequence, depth, loops)
        for other in node.alternatives:
            self._write(depth, f"elif {self._expression(other.expression, loops)}:")
            self._branch(other.block, depth, loops)
        if node.default:
            self._write(depth, "else:")
            self._branch(node.default, depth, loops)

    def _branch(self, block: BlockNode, depth: int, loops: dict[str, str]) -> None:
        """A block of blanks and control flow prints nothing, as in Liquid."""
        self._block([] if block.blank else block.nodes, depth + 1, loops)

    def _loop(self, node: ForNode, depth: int, loops: dict[str, str]) -> None:
        loop = node.expression
        for option in ("limit", "offset", "cols", "reversed"):
            if getattr(loop, option):
                self._refuse(f"'{option}' cannot be used in a loop here", loop.token)
        iterable, name = self._expression(loop.iterable, loops), f"row{len(self._lines)}"
        self._write(depth, f"{name} = rows({iterable})")
        self._write(depth, f"for {name}_one in {name}:")
        self._branch(node.block, depth, {**loops, loop.identifier: f"{name}_one"})
        if node.default:
            self._write(depth, f"if not {name}:")
            self._branch(node.default, depth, loops)

    def _output(self, expression: Any, loops: dict[str, str]) -> str:
        code = self._expression(expression, loops)
        if any(name in code for name in loops.values()):
            return f"often({code})"
        return self._first.setdefault(code, f"first{len(self._first)}")

    def _expression(self, expression: Any, loops: dict[str, str]) -> str:
        if isinstance(expression, FilteredExpression):
            return self._filtered(expression, loops)
        if isinstance(expression, Path):
            return self._path(expression, loops)
        return self._condition_or_value(expression, loops)

    def _condition_or_value(self, expression: Any, loops: dict[str, str]) -> str:
        if isinstance(expression, BooleanExpression):
            return f"is_true({self._expression(expression.expression, loops)})"
        if pattern := _BINARY.get(type(expression)):
            return pattern.format(self._expression(expression.left, loops), self._expression(expression.right, loops))
        if isinstance(expression, primitive.Nil):
            return repr(None)
        if isinstance(expression, primitive.StringLiteral):
            return self._name(Markup(expression.value) if self.dialect.escapes else expression.value)  # noqa: S704 - the author's own text
        if isinstance(expression, primitive.Literal):
            return repr(expression.value)
        return self._refuse(f"'{expression}' cannot be used here", expression.token)

    def _filtered(self, expression: FilteredExpression, loops: dict[str, str]) -> str:
        code = self._expression(expression.left, loops)
        for one in expression.filters or ():
            known = self.dialect.filters.get(one.name)
            if known is None:
                names = ", ".join(sorted(self.dialect.filters))
                self._refuse(f"'{one.name}' is not a filter", one.token, f"filters are {names}")
            if len(one.args) > known.arguments or any(isinstance(arg, KeywordArgument) for arg in one.args):
                self._refuse(f"filter '{one.name}' takes at most {known.arguments} argument", one.token)
            arguments = [self._expression(argument.value, loops) for argument in one.args]
            code = f"{self._name(known.function)}({', '.join([code, *arguments])})"
        return code

    def _path(self, path: Path, loops: dict[str, str]) -> str:
        steps = [step for step in path.path if isinstance(step, str | int) and step not in _MAGIC]
        if len(steps) < len(path.path) or not isinstance(steps[0], str):
            self._refuse(f"'{path}' cannot be used here", path.token)
        head, rest = steps[0], steps[1:]
        if head in loops:
            code = loops[head]
        else:
            self._require_known(path, head, rest)
            code = f"get({head!r})"
        for part in rest:
            code = f"item({code}, {part!r})"
        return code

    def _require_known(self, path: Path, head: str, rest: list[str | int]) -> None:
        known = self.dialect.variables
        if head not in known:
            self._refuse(f"'{head}' is not a variable", path.token, f"variables are {', '.join(sorted(known))}")
        under = known[head]
        if under is None and rest:
            self._refuse(f"'{head}' has nothing under it", path.token)
        if under is not None and (not rest or rest[0] not in under):
            self._refuse(f"'{path}' is not a variable", path.token, f"{head} has {', '.join(sorted(under))}")

    def _name(self, value: Any) -> str:
        name = f"piece{len(self._names)}"
        self._names[name] = value
        return name

    def _write(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def _refuse(self, message: str, token: Any, hint: str = "") -> NoReturn:
        raise self.source.wrong(message, token, hint)
