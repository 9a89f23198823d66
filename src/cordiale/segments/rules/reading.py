"""From a text to terms: sqlglot parses, and every word of the text must be accounted for by a node we allow.

sqlglot keeps places for a few nodes only and accepts more than our language (aliases, casts, adjacent strings). So its
tree is walked beside the list of words: each allowed node consumes exactly the words it is written with. A word left
over, or a node without a rule here, is refused where it stands. Names are handed to it with a prefix, so that a field
may be called like any word of SQL that is none of our language (`comment`, `case`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from cordiale.segments.rules.language import FUNCTIONS
from cordiale.segments.rules.problems import refuse, refuse_unknown

MAX_CHARACTERS = 4_000
MAX_TERMS = 400
MAX_DEPTH = 16

_PUNCTUATION = frozenset({
    TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA, TokenType.FARROW, TokenType.EQ, TokenType.NEQ, TokenType.LT,
    TokenType.LTE, TokenType.GT, TokenType.GTE, TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH,
})  # fmt: skip
_KEYWORDS = frozenset({
    TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.IS, TokenType.NULL, TokenType.TRUE,
    TokenType.FALSE, TokenType.LIKE, TokenType.ILIKE, TokenType.BETWEEN,
})  # fmt: skip
_BINARY: dict[type[exp.Expr], tuple[TokenType, str]] = {
    exp.And: (TokenType.AND, "and"), exp.Or: (TokenType.OR, "or"),
    exp.EQ: (TokenType.EQ, "="), exp.NEQ: (TokenType.NEQ, "<>"),
    exp.LT: (TokenType.LT, "<"), exp.LTE: (TokenType.LTE, "<="),
    exp.GT: (TokenType.GT, ">"), exp.GTE: (TokenType.GTE, ">="),
    exp.Add: (TokenType.PLUS, "+"), exp.Sub: (TokenType.DASH, "-"),
    exp.Mul: (TokenType.STAR, "*"), exp.Div: (TokenType.SLASH, "/"),
}  # fmt: skip
_WORD = re.compile(r"[^\W\d]\w*")
_NAMED = "our_"
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?")
_CURLY = re.compile("[‘’“”«»]")
_INSTEAD = {
    "==": "=", "<=>": "=", "&&": "and", "||": "or", "!": "not", "interval": "now - '30 days'", "date": "'2026-01-31'",
    "isnull": "is null", "notnull": "is not null", "timestamp": "'2026-01-31T10:00:00+01:00'",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """One node of the text: what it is, from which character to which, and its parts in the order written.

    `kind` is an operator, or one of `name number text true false null call argument list`.
    """

    kind: str
    start: int
    end: int
    value: str = ""
    parts: tuple[Term, ...] = ()
    negated: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Offsets of the first character and after the last."""
        return self.start, self.end


def read(text: str) -> Term:
    """The tree of `text`. Raises BadExpression at the first word that does not belong to the language."""
    if len(text) > MAX_CHARACTERS:
        refuse(text, (MAX_CHARACTERS, len(text)), "too_long", "split", limit=MAX_CHARACTERS)
    words = _words(text)
    return _Walk(text, words).whole(_parse(text, words))


def _words(text: str) -> list[Token]:
    _check_quotes_and_comments(text)
    try:
        words: list[Token] = DuckDB().tokenize(text)
    except TokenError:
        refuse(text, (0, len(text)), "character")
    if not words:
        refuse(text, (0, 0), "empty", "write", example="true")
    if len(words) > 2 * MAX_TERMS:
        refuse(text, _place(words[2 * MAX_TERMS]), "too_many", "split", limit=MAX_TERMS)
    for word in words:
        _check_word(text, word)
    _check_depth(text, words)
    _check_order(text, words)
    return words


def _check_quotes_and_comments(text: str) -> None:
    """Refuse what the tokenizer would swallow without a word, or report without a place."""
    opened: int | None = None
    for place, character in enumerate(text):
        if character == "'":
            opened = place if opened is None else None
        elif opened is None and text.startswith(("--", "/*"), place):
            refuse(text, (place, place + 2), "comment")
        elif (ord(character) < 32 and character not in "\n\r\t") or "\ud800" <= character <= "\udfff":
            refuse(text, (place, place + 1), "character")
    if opened is not None:
        refuse(text, (opened, len(text)), "open_text", "close_text")


def _check_word(text: str, word: Token) -> None:
    place = _place(word)
    written = text[slice(*place)]
    if written in _INSTEAD and not _WORD.fullmatch(written):
        refuse(text, place, "not_allowed", "write", word=written, example=_INSTEAD[written])
    if word.token_type in _PUNCTUATION | _KEYWORDS or (word.token_type == TokenType.STRING and written[0] == "'"):
        return
    if word.token_type == TokenType.NUMBER:
        if not _NUMBER.fullmatch(written):
            refuse(text, place, "number", "numbers", word=written)
    elif word.token_type == TokenType.IDENTIFIER:
        refuse(text, place, "double_quotes", "single_quotes", word=written)
    elif _CURLY.search(written):
        refuse(text, place, "curly_quotes", "single_quotes", word=written)
    elif not _WORD.fullmatch(written):
        refuse(text, place, "not_allowed", word=written)


def _check_depth(text: str, words: list[Token]) -> None:
    opened: list[Token] = []
    prefixes = 0
    for word in words:
        if word.token_type == TokenType.L_PAREN:
            opened.append(word)
        elif word.token_type == TokenType.R_PAREN:
            if not opened:
                refuse(text, _place(word), "unexpected", word=")")
            opened.pop()
        prefixes = prefixes + 1 if word.token_type in (TokenType.NOT, TokenType.DASH) else 0
        if len(opened) > MAX_DEPTH or prefixes > MAX_DEPTH:
            refuse(text, _place(word), "too_deep", "split", limit=MAX_DEPTH)
    if opened:
        refuse(text, _place(opened[-1]), "open_parenthesis")


_BEFORE_VALUE = frozenset({
    *_PUNCTUATION, TokenType.AND, TokenType.OR, TokenType.IN, TokenType.IS, TokenType.LIKE, TokenType.ILIKE,
    TokenType.BETWEEN,
}) - {TokenType.L_PAREN, TokenType.R_PAREN}  # fmt: skip
_VALUES = frozenset({TokenType.STRING, TokenType.NUMBER, TokenType.NULL, TokenType.TRUE, TokenType.FALSE})


def _check_order(text: str, words: list[Token]) -> None:
    """Values and operators take turns. sqlglot finds the same faults, but often names a neighbouring word."""
    wants_value = True
    for number, word in enumerate(words):
        before = words[number - 1] if number else None
        kind = word.token_type
        if wants_value:
            is_empty_list = (
                kind == TokenType.R_PAREN and number > 1 and words[number - 1].token_type == TokenType.L_PAREN
            )
            if is_empty_list or kind in _VALUES or _is_name(word):
                wants_value = False
            elif kind not in (TokenType.L_PAREN, TokenType.NOT, TokenType.DASH):
                refuse(text, _place(word), "unexpected", word=text[slice(*_place(word))])
        elif kind in _BEFORE_VALUE or (kind == TokenType.L_PAREN and before is not None and _is_name(before)):
            wants_value = True
        elif kind not in (TokenType.R_PAREN, TokenType.NOT):
            instead = _INSTEAD.get(word.text.lower(), "")
            refuse(
                text,
                _place(word),
                "unexpected",
                "write" if instead else "",
                word=text[slice(*_place(word))],
                example=instead,
            )
    if wants_value:
        refuse(text, (len(text.rstrip()), len(text.rstrip())), "unexpected_end")


def _is_name(word: Token) -> bool:
    return word.token_type not in _PUNCTUATION | _KEYWORDS | _VALUES


def _parse(text: str, words: list[Token]) -> exp.Expr:
    try:
        trees = DuckDB().parser().parse([_named(word) for word in words], text)
    except ParseError as error:
        _refuse_syntax(text, words, error)
    except RecursionError:
        refuse(text, (0, len(text)), "too_deep", "split", limit=MAX_DEPTH)
    if len(trees) != 1 or trees[0] is None:
        refuse(text, _place(words[0]), "unexpected", word=words[0].text)
    return trees[0]


def _named(word: Token) -> Token:
    """A name as sqlglot gets it: of no meaning to it."""
    if not _is_name(word):
        return word
    return Token(TokenType.VAR, f"{_NAMED}{word.text}", word.line, word.col, word.start, word.end)


def _refuse_syntax(text: str, words: list[Token], error: ParseError) -> NoReturn:
    """sqlglot points at the last word it read, by the text before it."""
    found = error.errors[0] if error.errors else {}
    before = len(str(found.get("start_context") or ""))
    word = next((word for word in words if word.start >= before), words[-1])
    refuse(text, _place(word), "unexpected", word=text[slice(*_place(word))])


def _place(word: Token) -> tuple[int, int]:
    return word.start, word.end + 1


class _Walk:
    """The tree on one side, the words on the other; `_at` is the next word not yet accounted for."""

    def __init__(self, text: str, words: list[Token]) -> None:
        self._text, self._words = text, words
        self._at = 0
        self._terms = 0

    def whole(self, tree: exp.Expr) -> Term:
        term = self._term(tree)
        if self._at < len(self._words):
            self._unexpected()
        return term

    def _term(self, node: exp.Expr) -> Term:
        self._terms += 1
        if self._terms > MAX_TERMS:
            refuse(self._text, _place(self._words[self._at]), "too_many", "split", limit=MAX_TERMS)
        known = _BINARY.get(type(node))
        if known:
            return self._binary(node, *known)
        rule = _RULES.get(type(node))
        if rule is None:
            self._refuse_node(node)
        return rule(self, node)

    def _refuse_node(self, node: exp.Expr) -> NoReturn:
        """Walk as far as the allowed part goes, then point at the first word that is too many."""
        if isinstance(node, exp.Alias | exp.Binary | exp.Tuple | exp.Concat):
            children = node.expressions or [node.this]
            if isinstance(node, exp.Tuple):
                self._at += 1
            if children and children[0] is not None:
                self._term(children[0])
            self._unexpected()
        if self._next() not in _PUNCTUATION and self._next(1) == TokenType.L_PAREN:
            word = self._words[self._at]
            refuse_unknown(self._text, _place(word), "unknown_function", word.text, FUNCTIONS)
        self._unexpected()

    def _binary(self, node: exp.Expr, sign: TokenType, kind: str) -> Term:
        left = self._term(node.this)
        self._take(sign)
        right = self._term(node.expression)
        if kind in ("and", "or") and left.kind == kind and self._is_bare(node.this):
            return replace(left, end=right.end, parts=(*left.parts, right))
        return Term(kind, left.start, right.end, parts=(left, right))

    @staticmethod
    def _is_bare(node: exp.Expr) -> bool:
        return not isinstance(node, exp.Paren)

    def _paren(self, node: exp.Expr) -> Term:
        first = self._take(TokenType.L_PAREN)
        inner = self._term(node.this)
        last = self._take(TokenType.R_PAREN)
        return replace(inner, start=first.start, end=last.end + 1)

    def _not(self, node: exp.Expr) -> Term:
        if self._next() != TokenType.NOT:
            return self._with_not_inside(node.this)
        first = self._take(TokenType.NOT)
        inner = self._term(node.this)
        return Term("not", first.start, inner.end, parts=(inner,))

    def _with_not_inside(self, node: exp.Expr) -> Term:
        """`x not in …`, `x not between …`, `x is not null`: comparisons, not negations of a condition."""
        if not isinstance(node, exp.In | exp.Between | exp.Is | exp.Like | exp.ILike):
            self._unexpected()
        return replace(_RULES[type(node)](self, node, negated=True), negated=True)

    def _negative(self, node: exp.Expr) -> Term:
        first = self._take(TokenType.DASH)
        inner = self._term(node.this)
        return Term("negative", first.start, inner.end, parts=(inner,))

    def _in(self, node: exp.Expr, negated: bool = False) -> Term:
        left = self._term(node.this)
        self._take_not(negated)
        self._take(TokenType.IN)
        if node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
            self._unexpected()
        first = self._take(TokenType.L_PAREN)
        options = self._separated(node.expressions)
        last = self._take(TokenType.R_PAREN)
        listed = Term("list", first.start, last.end + 1, parts=options)
        return Term("in", left.start, listed.end, parts=(left, listed))

    def _between(self, node: exp.Expr, negated: bool = False) -> Term:
        value = self._term(node.this)
        self._take_not(negated)
        self._take(TokenType.BETWEEN)
        low = self._term(node.args["low"])
        self._take(TokenType.AND)
        high = self._term(node.args["high"])
        return Term("between", value.start, high.end, parts=(value, low, high))

    def _is(self, node: exp.Expr, negated: bool = False) -> Term:
        value = self._term(node.this)
        self._take(TokenType.IS)
        self._take_not(negated)
        last = self._take(TokenType.NULL)
        return Term("is null", value.start, last.end + 1, parts=(value,))

    def _like(self, node: exp.Expr, negated: bool = False) -> Term:
        negated = negated or bool(node.args.get("negate"))
        value = self._term(node.this)
        self._take_not(negated)
        is_like = isinstance(node, exp.Like)
        self._take(TokenType.LIKE if is_like else TokenType.ILIKE)
        pattern = self._term(node.expression)
        kind = "like" if is_like else "ilike"
        return Term(kind, value.start, pattern.end, parts=(value, pattern), negated=negated)

    def _call(self, node: exp.Expr) -> Term:
        name = self._word(str(node.this))
        self._take(TokenType.L_PAREN)
        arguments = self._separated(node.expressions)
        last = self._take(TokenType.R_PAREN)
        return Term("call", name.start, last.end + 1, value=name.text.lower(), parts=arguments)

    def _argument(self, node: exp.Expr) -> Term:
        name = self._word(node.this.name)
        self._take(TokenType.FARROW)
        value = self._term(node.expression)
        return Term("argument", name.start, value.end, value=name.text.lower(), parts=(value,))

    def _separated(self, nodes: list[exp.Expr]) -> tuple[Term, ...]:
        terms = []
        for number, node in enumerate(nodes):
            if number:
                self._take(TokenType.COMMA)
            terms.append(self._term(node))
        return tuple(terms)

    def _column(self, node: exp.Expr) -> Term:
        word = self._word(node.name)
        return Term("name", word.start, word.end + 1, value=word.text.lower())

    def _literal(self, node: exp.Expr) -> Term:
        word = self._take(TokenType.STRING if node.is_string else TokenType.NUMBER)
        return Term("text" if node.is_string else "number", word.start, word.end + 1, value=word.text)

    def _boolean(self, node: exp.Expr) -> Term:
        word = self._take(TokenType.TRUE if node.this else TokenType.FALSE)
        return Term("true" if node.this else "false", word.start, word.end + 1)

    def _null(self, node: exp.Expr) -> Term:
        word = self._take(TokenType.NULL)
        return Term("null", word.start, word.end + 1)

    def _word(self, name: str) -> Token:
        word = self._words[self._at] if self._at < len(self._words) else None
        if word is None or f"{_NAMED}{word.text}".lower() != name.lower() or not _WORD.fullmatch(word.text):
            self._unexpected()
        self._at += 1
        return self._words[self._at - 1]

    def _take(self, wanted: TokenType) -> Token:
        if self._next() != wanted:
            self._unexpected()
        self._at += 1
        return self._words[self._at - 1]

    def _take_not(self, negated: bool) -> None:
        if negated:
            self._take(TokenType.NOT)

    def _next(self, ahead: int = 0) -> TokenType | None:
        return self._words[self._at + ahead].token_type if self._at + ahead < len(self._words) else None

    def _unexpected(self) -> NoReturn:
        if self._at >= len(self._words):
            refuse(self._text, (len(self._text.rstrip()), len(self._text.rstrip())), "unexpected_end")
        place = _place(self._words[self._at])
        word = self._text[slice(*place)]
        instead = _INSTEAD.get(word.lower(), "")
        refuse(self._text, place, "unexpected", "write" if instead else "", word=word, example=instead)


_RULES: dict[type[exp.Expr], Callable[..., Term]] = {
    exp.Paren: _Walk._paren, exp.Not: _Walk._not, exp.Neg: _Walk._negative, exp.In: _Walk._in,
    exp.Between: _Walk._between, exp.Is: _Walk._is, exp.Like: _Walk._like, exp.ILike: _Walk._like,
    exp.Anonymous: _Walk._call, exp.Kwarg: _Walk._argument, exp.Column: _Walk._column, exp.Literal: _Walk._literal,
    exp.Boolean: _Walk._boolean, exp.Null: _Walk._null,
}  # fmt: skip
