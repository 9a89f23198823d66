"""What is compared between two records, and the levels a comparison can come to, best first.

A level's name goes into the evidence of a suggestion; its SQL is Splink's (`…_l`, `…_r`). The first level that holds
counts; where a value is missing on either side there is none: what is not known never speaks for or against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DIFFERENT = "different"


@dataclass(frozen=True)
class Level:
    """One outcome. `term` names the column whose frequency weighs it: sharing a rare name says more than a common one.

    A neutral level weighs nothing: another comparison has counted it already.
    """

    name: str
    sql: str
    term: str = ""
    is_neutral: bool = False


@dataclass(frozen=True)
class Comparison:
    """One comparison; `missing` is the SQL of having nothing to compare."""

    name: str
    missing: str
    levels: tuple[Level, ...]

    def level_of(self, gamma: int) -> str:
        """The level behind Splink's number for it, empty where a value was missing."""
        return "" if gamma < 0 else self.levels[len(self.levels) - 1 - gamma].name


def _either(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _close(column: str, length: int, likeness: float) -> str:
    one_letter = f"damerau_levenshtein({column}_l, {column}_r) <= 1"
    long_enough = f"least(length({column}_l), length({column}_r)) >= {length}"
    return f"({one_letter} AND {long_enough}) OR jaro_winkler_similarity({column}_l, {column}_r) >= {likeness}"


_ELSE = Level(DIFFERENT, "ELSE")
_SWAPPED = "first_name_l = last_name_r AND last_name_l = first_name_r"
_SHORT = """root_l = root_r
    OR initials_l = replace(first_name_r, ' ', '') OR replace(first_name_l, ' ', '') = initials_r
    OR first_name_l = left(first_name_r, 1) OR first_name_r = left(first_name_l, 1)
    OR starts_with(first_name_l, first_name_r || ' ') OR starts_with(first_name_r, first_name_l || ' ')"""
_PART = """least(length(last_name_l), length(last_name_r)) >= 3
    AND (contains(' ' || last_name_l || ' ', ' ' || last_name_r || ' ')
    OR contains(' ' || last_name_r || ' ', ' ' || last_name_l || ' '))"""
_DAY_AND_MONTH_SWAPPED = """left(birth_on_l, 4) = left(birth_on_r, 4)
    AND substr(birth_on_l, 6, 2) = substr(birth_on_r, 9, 2) AND substr(birth_on_l, 9, 2) = substr(birth_on_r, 6, 2)"""
_TWO_OF_THREE = """(left(birth_on_l, 4) = left(birth_on_r, 4))::INT
    + (substr(birth_on_l, 6, 2) = substr(birth_on_r, 6, 2))::INT
    + (substr(birth_on_l, 9, 2) = substr(birth_on_r, 9, 2))::INT = 2"""
_SAME_TOWN = "(coalesce(postcode_l = postcode_r, false) OR coalesce(city_l = city_r, false))"
_SAME_NUMBER = "coalesce(house_number_l = house_number_r, true)"
_NO_ADDRESS = """coalesce(street_l, postcode_l, city_l) IS NULL OR coalesce(street_r, postcode_r, city_r) IS NULL"""
_SAME_LOCAL = "local_part_l = local_part_r AND length(local_part_l) >= 6"
# jean.martin at two providers says no more than the two names, so it is neutral where these agree (`namesake`).

COMPARISONS = (
    Comparison("first_name", _either("first_name"), (
        Level("same", "first_name_l = first_name_r", term="first_name"), Level("swapped", _SWAPPED),
        Level("short", _SHORT), Level("close", _close("first_name", 4, 0.88)), _ELSE,
    )),
    Comparison("last_name", _either("last_name"), (
        Level("same", "last_name_l = last_name_r", term="last_name"), Level("swapped", _SWAPPED, is_neutral=True),
        Level("part", _PART), Level("close", _close("last_name", 4, 0.88)), _ELSE,
    )),
    Comparison("birth_on", _either("birth_on"), (
        Level("same", "birth_on_l = birth_on_r"),
        Level("close", f"damerau_levenshtein(birth_on_l, birth_on_r) <= 1 OR ({_DAY_AND_MONTH_SWAPPED})"),
        Level("part", _TWO_OF_THREE), _ELSE,
    )),
    Comparison("address", _NO_ADDRESS, (
        Level("same", f"street_l = street_r AND {_SAME_TOWN}"),
        Level("close", f"{_SAME_TOWN} AND {_SAME_NUMBER} AND ({_close('street', 6, 0.93)})"),
        Level("postcode", "postcode_l = postcode_r", term="postcode"), Level("city", "city_l = city_r"), _ELSE,
    )),
    Comparison("email", _either("email"), (
        Level("same", "email_l = email_r"), Level("box", "loose_email_l = loose_email_r"),
        Level("close", "damerau_levenshtein(email_l, email_r) <= 1 AND least(length(email_l), length(email_r)) >= 10"),
        Level("namesake", f"{_SAME_LOCAL} AND last_name_l = last_name_r", is_neutral=True), Level("name", _SAME_LOCAL),
        _ELSE,
    )),
    Comparison("phone", _either("phone"), (
        Level("same", "phone_l = phone_r"), Level("close", "damerau_levenshtein(phone_l, phone_r) <= 1"), _ELSE,
    )),
)  # fmt: skip
TERMS = ("first_name", "last_name", "postcode")
"""Columns whose values are weighed by how frequent they are."""

Weights = Mapping[str, Mapping[str, Sequence[float]]]
"""By comparison and level: how often true pairs come to it (m), and how often others do (u)."""


def splink_settings(weights: Weights, prior: float) -> dict[str, Any]:
    """Splink's settings: all SQL is ours, figures come from `weights`; `prior` is that of two records drawn."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": prior,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [_settings_of(one, weights[one.name]) for one in COMPARISONS],
    }


def _settings_of(comparison: Comparison, weights: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    missing = {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
    levels = [_level_of(level, weights[level.name]) for level in comparison.levels]
    return {"output_column_name": comparison.name, "comparison_levels": [missing, *levels]}


def _level_of(level: Level, figures: Sequence[float]) -> dict[str, Any]:
    m, u = (0.01, 0.01) if level.is_neutral else figures
    settings: dict[str, Any] = {
        "sql_condition": level.sql, "label_for_charts": level.name, "m_probability": m, "u_probability": u,
    }  # fmt: skip
    if level.term:
        settings["tf_adjustment_column"] = level.term
    if level.is_neutral:
        settings |= {"fix_m_probability": True, "fix_u_probability": True}
    return settings
