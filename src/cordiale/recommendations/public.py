"""A guide as customers see it: no sign-in, no script, nothing kept unless a known customer agrees.

A link with `?c=<token>` knows who opens it (`links`). Opening changes nothing; the one thing that does is a POST with
the box ticked. The page needs no cookie, hence no CSRF token: who has the link can do all that the link allows.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.recommendations import api, guidance, links, rulebooks, words
from cordiale.recommendations.rules.guides import Guide
from cordiale.ui.access import public
from cordiale.ui.context import present

_LARGEST = 16_384


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, name: str) -> HttpResponse:
    """The questions, and under them, once answered, the products with their reasons."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LARGEST:
        return HttpResponse("This form is too large.", status=413, content_type="text/plain")
    guide, customer = _guide(name), links.find_customer(request.GET.get("c", "")[:200])
    with translation.override(_language(request, customer)):
        response = _page(request, guide, customer, present())
        response["Content-Language"] = translation.get_language() or ""
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response


@public
@require_safe
def as_json(request: HttpRequest, name: str) -> JsonResponse:
    """The guide for another site's page; with answers in the address (`?moment=morning`), the products too.

    Anonymous: nothing is known of who asks, nothing is kept, so any site may read it.
    """
    guide = _guide(name)
    answer: dict[str, object] = {"guide": api.guide_as_json(guide)}
    if given := _answers(guide, request.GET):
        try:
            chosen = guidance.answer(guide, given, present())
        except CordialeError as error:
            return _open(JsonResponse({"error": str(error)}, status=422))
        answer["products"] = [
            {
                "id": one.product.pk, **words.both(one.product, one.reason, one.others), "url": one.product.url,
                "image": one.product.image, "price": None if one.product.price is None else float(one.product.price),
            }
            for one in chosen
        ]  # fmt: skip
    return _open(JsonResponse(answer))


def _page(request: HttpRequest, guide: Guide, customer: Customer | None, now: datetime) -> HttpResponse:
    given, problem, chosen, kept = _answers(guide, request.POST), "", [], False
    is_answered = request.method == "POST"
    if is_answered:
        try:
            chosen = guidance.answer(guide, given, now, customer_id=customer.pk if customer else None)
            kept = bool(customer and given and request.POST.get("remember")) and _remember(guide, given, customer, now)
        except CordialeError as error:
            problem = str(error)
    context = {
        "guide": guide,
        "questions": _questions(guide, given),
        "customer": customer,
        "wording": wording(),
        "is_answered": is_answered and not problem,
        "problem": problem,
        "kept": kept,
        "products": [(one.product, words.title(one.product), words.tell(one.reason, one.others)) for one in chosen],
        "languages": [code for code, _name in settings.LANGUAGES if code != translation.get_language()],
        "token": request.GET.get("c", "")[:200] if customer else "",
    }
    return render(request, "recommendations/guide.html", context, status=422 if problem else 200)


def wording() -> str:
    """The sentence a customer agrees to."""
    return _("Remember my answers, to recommend me what suits me. I can have them erased at any time.")


def _remember(guide: Guide, given: dict[str, list[str]], customer: Customer | None, now: datetime) -> bool:
    """True once they are kept, be it since an earlier click."""
    if customer is None:
        return False
    try:
        guidance.remember(guide, given, customer.pk, now, wording=wording())
    except Refused:  # the products are shown all the same; nothing is claimed to be kept
        return False
    return True


def _questions(guide: Guide, given: dict[str, list[str]]) -> list[dict[str, object]]:
    return [
        {
            "name": one.name, "title": one.title, "kind": "checkbox" if one.several else "radio",
            "choices": [(choice, choice.name in given.get(one.name, [])) for choice in one.choices.values()],
        }
        for one in guide.questions.values()
    ]  # fmt: skip


def _answers(guide: Guide, sent: QueryDict) -> dict[str, list[str]]:
    return {name: sent.getlist(name) for name in guide.questions if sent.getlist(name)}


def _guide(name: str) -> Guide:
    try:
        return rulebooks.get_guide(name)
    except NotFound as error:
        raise Http404(str(error)) from error


def _language(request: HttpRequest, customer: Customer | None) -> str:
    """The one chosen on the page, else the customer's, else what the browser asks for."""
    known = dict(settings.LANGUAGES)
    wanted = (request.GET.get("language", ""), customer.language if customer else "", translation.get_language() or "")
    return next((one for one in wanted if one in known), settings.LANGUAGE_CODE)


def _open(response: JsonResponse) -> JsonResponse:
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-store"
    return response
