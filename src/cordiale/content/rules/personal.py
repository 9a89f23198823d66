"""Liquid texts as functions of a person's context.

python-liquid reads the template and says where it is wrong; walking its tree for each person is what makes it slow, so
the tree becomes one generated function. What it prints equals what python-liquid prints (a test holds this on made
people) for the tags and filters allowed; any other is an error with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from liquid import Environment, Mode
from liquid.exceptions import LiquidError

from cordiale.content.rules import quoted, runtime
from cordiale.content.rules.generator import Dialect, Generator, Source

TAGS = ("if", "elsif", "else", "unless", "for", "comment", "raw")
_PARSED_TAGS = frozenset({"if", "unless", "for", "comment", "#", "raw", "content", "output", "illegal"})

Context = Mapping[str, Any]


def compile_text(source: Source, dialect: Dialect) -> Callable[[Context], str]:
    """A function from a person's context to the text. Raises Located."""
    encode = runtime.escaped if dialect.escapes else runtime.printed
    run = Generator(source, dialect, static=str, once=encode, often=encode).build(parse(source))
    return lambda context: "".join(run(context))


def compile_quoted(source: Source, dialect: Dialect) -> Callable[[Context], bytes]:
    """The same, in quoted-printable: what is static is encoded here, once."""
    prepare = runtime.escaped if dialect.escapes else runtime.printed
    run = Generator(
        source,
        dialect,
        static=quoted.encode,
        once=lambda value: quoted.encode(prepare(value)),
        often=lambda value: quoted.encode_often(prepare(value)),
    ).build(parse(source))
    return lambda context: b"".join(run(context))


def parse(source: Source) -> list[Any]:
    """The nodes of a Liquid text. Raises Located for what is not Liquid and for tags that are not ours."""
    environment = Environment(tolerance=Mode.STRICT)
    environment.tags = {name: tag for name, tag in environment.tags.items() if name in _PARSED_TAGS}
    try:
        nodes: list[Any] = environment.from_string(source.text).nodes
    except LiquidError as error:
        hint = f"tags are {', '.join(TAGS)}" if "tag" in str(error.message) else ""
        raise source.wrong(str(error.message), error.token, hint) from error
    return nodes
