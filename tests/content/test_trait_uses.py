"""Where templates name a trait."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.utils.translation import override

from cordiale.content.actions import apply_templates
from cordiale.content.rules.naming import named
from cordiale.content.traits import using
from tests.content.test_templates import folder

__all__ = ["folder"]


@pytest.mark.parametrize(("text", "paths"), [
    ("{{ traits.spend_90d | money }}", {("traits", "spend_90d")}),
    ("{% if traits['orders_90d'] > 2 %}yes{% else %}{{ last_category }}{% endif %}",
     {("traits", "orders_90d"), ("last_category",)}),
    ("{% for one in traits.list %}{{ one.name }}{% endfor %}", {("traits", "list")}),
    ("traits.spend_90d is no variable here", set()), ("{{ broken", set()),
])  # fmt: skip
def test_variables_of_a_text_are_named_by_their_path(text: str, paths: set[tuple[str, ...]]) -> None:
    assert named(text) == paths


@pytest.mark.django_db
def test_a_template_uses_a_trait_while_its_current_version_names_it(folder: Path, now: datetime) -> None:
    text = folder / "welcome" / "en.txt"
    before = text.read_text()
    text.write_text(before + "{{ traits.units_90d }}\n")
    apply_templates(folder, now)
    with override("en"):
        assert [one.title for one in using("units_90d")] == ["the template welcome"]
        assert using("units_9") == []

    text.write_text(before)
    apply_templates(folder, now)
    assert using("units_90d") == []
