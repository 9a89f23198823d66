"""The tree of a scenario, from YAML."""

from __future__ import annotations

import re
from collections.abc import Callable

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from cordiale.decisions.rules import values
from cordiale.decisions.rules.document import Document, Place, nearest, place_of
from cordiale.decisions.rules.plan import CHANNELS
from cordiale.errors import Located
from cordiale.programmes.rules.spec import Exit, If, Scenario, Send, Split, Step, Wait, WaitFor

STEPS = ("send", "wait", "if", "split", "exit")
MOST_STEPS = 500
_REASON = re.compile(r"[a-z][a-z0-9-]{0,39}")
_EVENT = re.compile(r'event +"([^"]+)"')
ReferToTemplate = Callable[[str, Place, str], None]


class ScenarioReader:
    """Reads steps into a document's errors; `refer` is told of every template, its place and channel.

    `check_condition` raises Located for a wrong expression of the segment language.
    """

    def __init__(self, document: Document, *, refer: ReferToTemplate, check_condition: Callable[[str], object]) -> None:
        self.document = document
        self.refer = refer
        self.check_condition = check_condition
        self.count = 0

    def read(self, node: Node, *, what: str = "the scenario") -> Scenario:
        """The steps of a list."""
        items = self.document.items(node, what)
        if not items and what == "the scenario":
            self.document.fail(node, "the scenario has no step", "write at least one, e.g. - send: {…}")
        steps = [self._step(item, is_last=place == len(items) - 1) for place, item in enumerate(items)]
        return tuple(step for step in steps if step is not None)

    def _step(self, node: Node, *, is_last: bool) -> Step | None:
        self.count += 1
        if self.count > MOST_STEPS:
            self.document.fail(node, f"a scenario has at most {MOST_STEPS} steps")
            return None
        kinds = [key for key, _ in self.document.pairs(node, "a step") if key in STEPS]
        if len(kinds) != 1:
            self._fail_kind(node, kinds)
            return None
        kind = kinds[0]
        others = ("then", "else") if kind == "if" else ()
        keys = self.document.mapping(node, f"the step '{kind}'", required=(kind,), optional=others)
        if kind == "exit" and not is_last:
            self.document.fail(
                node, "nothing after this 'exit' can be reached", "move it to the end or delete the rest"
            )
        reader: dict[str, Callable[[dict[str, Node]], Step | None]] = {
            "send": self._send, "wait": self._wait, "if": self._if, "split": self._split, "exit": self._exit,
        }  # fmt: skip
        return reader[kind](keys)

    def _fail_kind(self, node: Node, kinds: list[str]) -> None:
        if kinds:
            self.document.fail(
                node, f"this is two steps at once: {' and '.join(kinds)}", "write each after its own '-'"
            )
        elif isinstance(node, MappingNode):
            key = node.value[0][0] if node.value else node
            word = str(key.value) if isinstance(key, ScalarNode) else ""
            self.document.fail(key, f"'{word}' is not a known step", nearest(word, STEPS))

    def _send(self, keys: dict[str, Node]) -> Send | None:
        parts = self.document.mapping(keys["send"], "send", required=("channel", "template"), optional=("within",))
        if not {"channel", "template"} <= parts.keys():
            return None
        channel = self.document.choice(parts["channel"], "channel", CHANNELS)
        template = self.document.word(parts["template"], "template")
        if template:
            self.refer(template, place_of(parts["template"]), channel)
        within = self.document.value(parts["within"], "within", values.duration) if "within" in parts else None
        return Send(channel=channel, template=template, within=within)

    def _wait(self, keys: dict[str, Node]) -> Wait | WaitFor | None:
        node = keys["wait"]
        if isinstance(node, ScalarNode):
            return self._wait_long(node)
        parts = self.document.mapping(node, "wait", required=("for",), optional=("at most",))
        if "for" not in parts:
            return None
        word = self.document.word(parts["for"], "for")
        match = _EVENT.fullmatch(word)
        if word != "order" and not match:
            if "at most" in parts and word:
                self.document.fail(parts["for"], f"'{word}' is nothing to wait for", 'write order or event "Name"')
                return None
            return self._wait_long(parts["for"])
        if "at most" not in parts:
            self.document.fail(node, "'at most' is missing in wait", "people must not wait for ever: at most: 7 days")
            return None
        at_most = self.document.value(parts["at most"], "at most", values.duration)
        return WaitFor(event=match[1] if match else "", at_most=at_most) if at_most else None

    def _wait_long(self, node: Node) -> Wait | None:
        duration = self.document.value(node, "wait", values.duration)
        return Wait(duration=duration) if duration else None

    def _if(self, keys: dict[str, Node]) -> If:
        node = keys["if"]
        condition = self.document.word(node, "if")
        if condition:
            self._check_condition(node, condition)
        if "then" not in keys and "else" not in keys:
            self.document.fail(node, "'then' is missing in the step 'if'")
        then = self.read(keys["then"], what="then") if "then" in keys else ()
        otherwise = self.read(keys["else"], what="else") if "else" in keys else ()
        return If(condition=condition, then=then, otherwise=otherwise)

    def _check_condition(self, node: Node, condition: str) -> None:
        """An error inside the expression is shown at its place in the file."""
        try:
            self.check_condition(condition)
        except Located as error:
            place = place_of(node)
            if isinstance(node, ScalarNode):
                place = self.document.place_within(node, error.line, error.column)
            self.document.fail(place, error.message, error.hint)

    def _split(self, keys: dict[str, Node]) -> Split | None:
        node = keys["split"]
        branches: list[tuple[float, Scenario]] = []
        for item in self.document.items(node, "split"):
            parts = self.document.mapping(item, "a branch of the split", required=("share", "steps"))
            if len(parts) == 2:
                share = self.document.value(parts["share"], "share", values.share)
                branches.append((share or 0.0, self.read(parts["steps"], what="steps")))
        if not 2 <= len(branches) <= 26:
            self.document.fail(node, "a split has from 2 to 26 branches", "write [{share: 50 %, steps: […]}, …]")
        elif abs(sum(share for share, _ in branches) - 1) > 1e-9:
            total = sum(share for share, _ in branches)
            self.document.fail(node, f"the shares of the split add up to {total:.4g}, not to 100 %")
        return Split(branches=tuple(branches))

    def _exit(self, keys: dict[str, Node]) -> Exit:
        reason = self.document.word(keys["exit"], "exit")
        if reason and not _REASON.fullmatch(reason):
            self.document.fail(keys["exit"], f"'{reason}' is not a reason", "a short word such as goal")
        return Exit(reason=reason)
