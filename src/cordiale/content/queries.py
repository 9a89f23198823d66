"""Templates and their versions, compiled; and what fills them for given people."""

from __future__ import annotations

from functools import lru_cache

from cordiale.company import company
from cordiale.content.models import Template, TemplateVersion
from cordiale.content.rules.templates import CompiledTemplate, compile_mail
from cordiale.content.vocabulary import contexts, links_of, variables
from cordiale.errors import NotFound

__all__ = ["compiled", "contexts", "current_versions", "get_template", "links_of", "variables"]


def compiled(template_version_id: int) -> CompiledTemplate:
    """A version, ready to build messages from. Compiled once in this process. Raises NotFound."""
    return _compiled(template_version_id, company().currency)


@lru_cache(maxsize=64)
def _compiled(template_version_id: int, currency: str) -> CompiledTemplate:
    version = TemplateVersion.objects.select_related("template").filter(pk=template_version_id).first()
    if version is None:
        raise NotFound(f"there is no template version {template_version_id}; apply the templates again")
    name, known = version.template.name, variables()
    mails = {
        language: compile_mail(name, language, texts, known, currency) for language, texts in version.sources.items()
    }
    return CompiledTemplate(version.pk, name, mails)


def get_template(name: str) -> Template:
    """The template called `name`. Raises NotFound, naming those there are."""
    template = Template.objects.select_related("current").filter(name=name).first()
    if template is None or template.current is None:
        names = ", ".join(Template.objects.order_by("name").values_list("name", flat=True)[:20]) or "none yet"
        raise NotFound(f"there is no template '{name}' (there are: {names}); add its folder and apply the templates")
    return template


def current_versions() -> dict[str, int]:
    """The id of each template's current version, by the template's name."""
    return dict(Template.objects.exclude(current=None).values_list("name", "current_id"))
