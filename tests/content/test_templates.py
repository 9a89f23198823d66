"""Our templates, and what is said of wrong ones."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from cordiale.consent.links import Reference
from cordiale.content import queries
from cordiale.content.actions import apply_templates
from cordiale.content.models import TemplateVersion
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Located, NotFound

TEMPLATES = Path(__file__).parents[2] / "programmes" / "templates"
NAMES = ["birthday", "we-miss-you", "we-miss-you-again", "welcome"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our templates to spoil."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def test_our_templates_apply_without_a_warning_and_once(now: datetime) -> None:
    first, again = apply_templates(TEMPLATES, now), apply_templates(TEMPLATES, now)
    assert [(one.name, one.version, one.is_new, one.warnings) for one in first] == [
        (name, 1, True, ()) for name in NAMES
    ]
    assert [(one.version, one.is_new) for one in again] == [(1, False)] * 4


def test_a_changed_text_is_a_new_version_and_going_back_is_the_old_one(folder: Path, now: datetime) -> None:
    apply_templates(folder, now)
    text = folder / "welcome" / "fr.txt"
    before = text.read_text()
    text.write_text(before + "PS\n")
    assert {one.name for one in apply_templates(folder, now) if one.is_new} == {"welcome"}
    text.write_text(before)
    apply_templates(folder, now)
    assert queries.get_template("welcome").current.number == 1
    assert TemplateVersion.objects.filter(template__name="welcome").count() == 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["fr", "en", "de"])
@pytest.mark.parametrize(
    "first_name", ["", "Maximilienne-Apolline-Constance de la Tour du Pin-Verclause", "<i>Zoé</i>"]
)
def test_our_templates_read_well_for_difficult_people(name: str, language: str, first_name: str, now: datetime) -> None:
    apply_templates(TEMPLATES, now)
    who = Customer.objects.create(
        reference="A", first_name=first_name[:80], language=language, created_at=now, updated_at=now
    )
    context = queries.contexts([who.pk], now)[who.pk]
    context["links"] = queries.links_of(Reference(who.pk, "offers", "email"))
    mail = queries.compiled(queries.get_template(name).current_id).mail_in(context["language"])
    html, text = mail.html(context), mail.text(context)
    assert mail.language == ("en" if language == "en" else "fr")
    for said in (html, text):
        assert context["links"]["unsubscribe"] in said
        assert "12 rue des Figuiers" in said
        assert "{{" not in said
        assert "None" not in said
    assert "<i>Zoé" not in html
    assert "<img" not in html
    assert mail.subject(context).strip()
    assert " ," not in text


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("welcome/fr.mjml", "{{ customer.first_name }}", "{{ customer.name }}", "welcome/fr.mjml:13:"),
        ("welcome/en.txt", "{{ links.unsubscribe }}", "", "welcome/en.txt:19:1: the unsubscribe link is missing"),
        ("welcome/en.txt", "{{ company.name }},", "{{ company.nome }},", "'company.nome' is not a variable"),
        ("welcome/template.yaml", "channel: email", "channel: fax", "welcome/template.yaml:1:10: this channel"),
        ("welcome/template.yaml", "{{ customer.first_name }}!", "{{ customer.x }}!", "welcome/template.yaml:4:"),
        ("welcome/fr.mjml", "</mj-column>", "</mj-colum>", "welcome/fr.mjml:8:100: <mj-colum> is not an MJML tag"),
        ("parts/footer.fr.mjml", "{{ company.name }}", "{{ company.nom }}", "templates/parts/footer.fr.mjml:8:"),
        ("welcome/fr.mjml", "parts/header.mjml", "../../secret", "outside the templates' folder"),
    ],
)
def test_a_wrong_template_changes_nothing_and_says_where(
    folder: Path, now: datetime, file: str, old: str, new: str, message: str
) -> None:
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(CordialeError) as caught:
        apply_templates(folder, now)
    assert message in str(caught.value)
    assert TemplateVersion.objects.count() == 0


def test_a_missing_text_part_is_refused(folder: Path, now: datetime) -> None:
    (folder / "welcome" / "fr.txt").unlink()
    with pytest.raises(Located, match=r"welcome/fr\.txt:1:1: this file is missing or empty"):
        apply_templates(folder, now)


def test_a_heavy_template_and_an_image_without_text_are_warned_of(folder: Path, now: datetime) -> None:
    path = folder / "welcome" / "fr.mjml"
    heavy = f'<mj-text>{"word " * 25_000}</mj-text><mj-image src="https://x.org/i.png" />\n      </mj-column>'
    path.write_text(
        path.read_text().replace(
            '</mj-column>\n    </mj-section>\n    <mj-include path="parts/footer',
            heavy + '\n    </mj-section>\n    <mj-include path="parts/footer',
        )
    )
    (warned,) = [one.warnings for one in apply_templates(folder, now) if one.warnings]
    assert "kB of HTML; mail programs cut messages over 100 kB" in warned[0]
    assert "an image has no alt text" in warned[1]


def test_an_unknown_template_names_those_there_are(now: datetime) -> None:
    apply_templates(TEMPLATES, now)
    with pytest.raises(NotFound, match="there are: birthday, we-miss-you, we-miss-you-again, welcome"):
        queries.get_template("hello")
