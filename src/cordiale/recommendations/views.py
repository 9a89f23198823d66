"""The model with its card, products, rules and guides."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.models import AuditEntry
from cordiale.accounts.permissions import requires
from cordiale.errors import CordialeError, Located
from cordiale.jobs.models import Job
from cordiale.recommendations import catalogue, fits, rulebooks, words
from cordiale.recommendations.forms import DocumentForm, ProductForm, initial
from cordiale.recommendations.models import Fit
from cordiale.recommendations.rules import guides, rulebook
from cordiale.ui import formats, notices
from cordiale.ui.context import present

_PAGE, _CHANGES = 50, 10
DOCUMENTS = {"rules": rulebook.SOURCE, "guides": guides.SOURCE}


@require_safe
@requires("insight.see")
def index(request: HttpRequest) -> HttpResponse:
    """The model in force, the rules, and the products."""
    asked = {name: request.GET.get(name, "").strip()[:200].replace("\0", "") for name in ("q", "only")}
    page = Paginator(catalogue.products(asked["q"], asked["only"]), _PAGE).get_page(request.GET.get("page"))
    context = {
        "fit": fits.find_fit(),
        "card": _card(fits.find_fit()),
        "job": Job.objects.filter(kind=fits.KIND, state__in=("waiting", "running")).first(),
        "rules": rulebooks.rules(),
        "guides": list(rulebooks.guides().values()),
        "page": page,
        "rows": [(one, words.title(one), words.category(one.category)) for one in page],
        **asked,
        "may_edit": staff_of(request).may("insight.edit"),
    }
    return render(request, "recommendations/index.html", context)


@require_POST
@requires("insight.edit")
def fit(request: HttpRequest) -> HttpResponse:
    """Ask for a fit."""
    fits.ask(staff_of(request), present())
    notices.add(request, _("The recommendations are being fitted; you are told when it is done."))
    return redirect("recommendations:index")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("insight.edit")
def product(request: HttpRequest, code: str) -> HttpResponse:
    """Change one product."""
    one = catalogue.get_product(code)
    form = ProductForm(request.POST) if request.method == "POST" else ProductForm(initial=initial(one))
    if form.is_valid():
        try:
            catalogue.edit(code, form.values(), actor=staff_of(request), now=present())
        except CordialeError as error:
            form.add_error(None, str(error))
        else:
            notices.add(request, _("%(product)s is saved.") % {"product": words.title(catalogue.get_product(code))})
            return redirect("recommendations:index")
    context = {"product": one, "title": words.title(one), "form": form, "changes": _changes("product", code),
               "category": words.category(one.category)}  # fmt: skip
    return render(request, "recommendations/product.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("insight.edit")
def document(request: HttpRequest, name: str) -> HttpResponse:
    """Change the rules or the guides; a mistake is shown with its place, the text is kept."""
    source = DOCUMENTS[name]
    kept = rulebooks.text(source)
    form = DocumentForm(request.POST) if request.method == "POST" else DocumentForm(initial={"text": kept})
    is_stale = request.method == "POST" and request.POST.get("seen", _seal(kept)) != _seal(kept)
    if form.is_valid() and not is_stale:
        try:
            rulebooks.write(source, form.cleaned_data["text"], actor=staff_of(request), now=present())
        except Located as error:
            form.add_error("text", _placed(error))
        else:
            notices.add(request, _("Saved; it counts from now on."))
            return redirect("recommendations:index")
    context = {
        "name": name, "source": source, "form": form, "changes": _changes("recommendations", source),
        "seen": _seal(kept), "theirs": kept if is_stale else "",
    }  # fmt: skip
    status = 422 if form.errors or is_stale else 200
    return render(request, "recommendations/document.html", context, status=status)


def _seal(text: str) -> str:
    """Tells whether the document is still the one that was opened."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _placed(error: Located) -> str:
    message, hint = error.in_words(_)
    place = _("Line %(line)s, column %(column)s:") % {"line": error.line, "column": error.column}
    return f"{place} {message} ({hint})" if hint else f"{place} {message}"


def _changes(noun: str, name: str) -> Any:
    return AuditEntry.objects.filter(noun=noun, name=name).order_by("-at", "-id")[:_CHANGES]


def _card(fit: Fit | None) -> dict[str, Any]:
    """The model's card: what it is, and the table of NDCG@10 beside its rivals."""
    if fit is None:
        return {}
    report = fit.report
    lines = [
        {
            "method": words.METHODS[line["name"]],
            "everything": _interval(line["everything"]),
            "unseen": _interval(line["unseen"]),
            "is_ours": line["name"] == "chosen",
        }
        for line in report.get("lines", [])
    ]
    return {
        "method": words.METHODS.get(fit.method, fit.method),
        "lacking": [(words.LACKING[one["what"]], one["there"], one["needed"]) for one in fit.gate],
        "lines": lines,
        "to_own": _interval(report.get("to_own"), 2),
        "to_popular": _interval(report.get("to_popular"), 2),
        "judged": report.get("customers", 0),
        "horizon": report.get("horizon", 0),
    }


def _interval(value: dict[str, float | None] | None, digits: int = 3) -> str:
    """`0.406 (0.398 to 0.414)`; a dash where nobody could be judged by."""
    if not value or value["mean"] is None:
        return formats.NOTHING
    mean, low, high = (formats.number(value[name], digits) for name in ("mean", "low", "high"))
    return _("%(mean)s (%(low)s to %(high)s)") % {"mean": mean, "low": low, "high": high}
