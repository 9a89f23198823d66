"""What is wrong with a text, in the words of its reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordiale.errors import Located
from cordiale.insight.rules.documents import Node
from cordiale.insight.rules.phrases import Fault, say
from cordiale.insight.rules.traits import PAGE, Document, entries_of

from .conftest import BOTTLES, written


def test_a_phrase_is_translated_before_it_is_filled() -> None:
    error = Fault(say("there is no %(name)s", name="50 %"), line=2, column=3, source="t", hint="100 % sure")

    assert str(error) == "t:2:3: there is no 50 % (100 % sure)"
    assert error.in_words({"there is no %(name)s": "pas de %(name)s"}.get)[0] == "pas de 50 %"  # type: ignore[arg-type]


def test_a_value_of_another_package_is_refused_in_its_own_words() -> None:
    with pytest.raises(Located) as caught:
        Node("x", 1, 1, "scores.yaml", "horizon").refuse("an expected value has one horizon", hint="100 %")

    assert caught.value.in_words(str) == ("an expected value has one horizon", "100 %")


@given(st.sampled_from([written(), f"traits:\n{BOTTLES}"]), st.data())
@settings(max_examples=150, deadline=None)
def test_every_broken_text_has_an_english_and_a_translatable_fault(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    broken = text[:place] + data.draw(st.sampled_from("x:'({,\t@ -")) + text[place + 1 :]
    fault = _fault(broken)
    assert fault is None or fault.in_words(str) == (fault.message, fault.hint)


def _fault(text: str) -> Fault | None:
    """What is refused; any other error than a Fault comes through."""
    try:
        for entry in entries_of(Document(text=text, source="t", origin=PAGE)):
            dict(entry.node.entries())
    except Fault as error:
        return error
    return None
