"""What of SQL both engines read alike: the allow-list behind `dialect.require_portable`.

Each entry is held by a construct in `tests/lake/test_parity.py`; add one there first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

_STRUCTURE: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Subquery, exp.With, exp.CTE, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order,
    exp.Ordered, exp.Limit, exp.Qualify, exp.Union, exp.Except, exp.Intersect, exp.Table, exp.TableAlias, exp.Alias,
    exp.Column, exp.Identifier, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Tuple, exp.Values,
    exp.Distinct, exp.Placeholder, exp.DataType, exp.DataTypeParam, exp.Var, exp.Interval, exp.Window, exp.WindowSpec,
    exp.Filter, exp.Exists, exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
)  # fmt: skip
_OPERATORS: tuple[type[exp.Expr], ...] = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between, exp.Like,
    exp.ILike, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe, exp.NullSafeEQ,
    exp.NullSafeNEQ, exp.Case, exp.If, exp.Cast, exp.AtTimeZone,
)  # fmt: skip
_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.ArgMax, exp.ArgMin, exp.LogicalOr, exp.LogicalAnd,
    exp.GroupConcat, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least, exp.Abs, exp.Round, exp.Floor, exp.Ceil,
    exp.Sqrt, exp.Exp, exp.Ln, exp.Pow, exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Substring, exp.StartsWith,
    exp.Contains, exp.Replace, exp.RegexpLike, exp.JSONExtractScalar, exp.TimestampTrunc, exp.DateTrunc, exp.Year,
    exp.Month, exp.Day, exp.Hour, exp.DayOfWeekIso, exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.Ntile,
    exp.Lag, exp.Lead, exp.MD5,
)  # fmt: skip
_NAMED = frozenset({"epoch_us", "row"})
_ALLOWED = frozenset({*_STRUCTURE, *_OPERATORS, *_FUNCTIONS})
_FRACTIONS = frozenset({"amount", "discount"})
_WHOLE_NUMBERS = frozenset({exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT})
_TYPES = _WHOLE_NUMBERS | {
    exp.DType.DOUBLE, exp.DType.DECIMAL, exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.BOOLEAN, exp.DType.DATE,
    exp.DType.TIMESTAMPTZ,
}  # fmt: skip


def faults(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """What is not portable, as (construct, what to write instead)."""
    for node in tree.walk():
        if type(node) not in _ALLOWED and not _is_named(node):
            yield _name(node), "it is not among those held equal by a test"
        rule = _RULES.get(type(node))
        fault = rule(node) if rule else None
        if fault:
            yield _name(node), fault


def _is_named(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in _NAMED


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Func):
        return str(node.sql_name()).lower()
    return str(node.sql(dialect="duckdb"))[:60]


def _cast(node: exp.Expr) -> str | None:
    kind = node.args["to"].this
    if kind not in _TYPES:
        return "cast to bigint, integer, double, decimal, varchar, boolean, date or timestamptz"
    if kind in _WHOLE_NUMBERS and _is_fractional(node.this):
        return "DuckDB rounds and Spark cuts off: cast floor(…) or round(…)"
    return None


def _is_fractional(node: exp.Expr) -> bool:  # noqa: PLR0911 - one line a kind
    """Is this certainly no whole number? Columns other than money are taken for whole."""
    if isinstance(node, exp.Floor | exp.Ceil | exp.Predicate | exp.Count | exp.IntDiv):
        return False
    if isinstance(node, exp.Round):
        return node.args.get("decimals") is not None
    if isinstance(node, exp.Column):
        return node.name.lower() in _FRACTIONS
    if isinstance(node, exp.Literal):
        return not node.is_string and not node.is_int
    if isinstance(node, exp.Case):
        values = [branch.args["true"] for branch in node.args["ifs"]] + [node.args.get("default")]
        return any(_is_fractional(value) for value in values if value is not None)
    if isinstance(node, exp.Cast):
        return node.args["to"].this in {exp.DType.DOUBLE, exp.DType.DECIMAL}
    if isinstance(node, exp.Div | exp.Avg | exp.Sqrt | exp.Exp | exp.Ln | exp.Pow | exp.PercentRank):
        return True
    return any(_is_fractional(part) for part in node.iter_expressions())


def _difference(node: exp.Expr) -> str | None:
    days = [_is_day(part) for part in (node.this, node.expression)]
    moments = [_is_instant(part) for part in (node.this, node.expression)]
    if all(days) or all(moments):
        return "the engines give it different types: use lake.dialect.whole_days"
    return None


def _division(node: exp.Expr) -> str | None:
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Nullif) or (isinstance(divisor, exp.Literal) and float(divisor.name) != 0):
        return None
    return "one engine stops where the divisor is 0: divide by nullif(…, 0)"


def _is_day(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.args["to"].this == exp.DType.DATE


def _is_instant(node: exp.Expr) -> bool:
    is_ts = isinstance(node, exp.Column) and node.name.lower() == "ts"
    return is_ts or (isinstance(node, exp.Cast) and node.args["to"].this == exp.DType.TIMESTAMPTZ)


def _arg_extreme(node: exp.Expr) -> str | None:
    if node.args.get("count") is not None:
        return "only one value, not n"
    key = node.expression
    if isinstance(key, exp.Case):
        key = key.args["ifs"][0].args["true"]
    is_row = isinstance(key, exp.Tuple) or (_is_named(key) and key.name.lower() == "row")
    return None if is_row and len(key.expressions) > 1 else "ties are broken differently: order by row(ts, line_no)"


def _json_path(node: exp.Expr) -> str | None:
    return None if isinstance(node.expression, exp.JSONPath) else "write the path as a constant, '$.name'"


def _table(node: exp.Expr) -> str | None:
    return None if isinstance(node.this, exp.Identifier) else "read a view, not a table function"


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], str | None]] = {
    exp.Cast: _cast,
    exp.Sub: _difference,
    exp.Div: _division,
    exp.IntDiv: _division,
    exp.Mod: _division,
    exp.ArgMax: _arg_extreme,
    exp.ArgMin: _arg_extreme,
    exp.JSONExtractScalar: _json_path,
    exp.Table: _table,
}
