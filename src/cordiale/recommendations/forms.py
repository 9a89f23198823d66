"""What the pages of recommendations send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cordiale.recommendations.models import Product
from cordiale.recommendations.rulebooks import LARGEST


class ProductForm(forms.Form):
    """One product. The margin is typed in percent."""

    title_fr = forms.CharField(max_length=200, required=False, label=_("Title in French"))
    title_en = forms.CharField(max_length=200, required=False, label=_("Title in English"))
    price = forms.DecimalField(
        required=False, min_value=0, max_digits=12, decimal_places=2, localize=True, label=_("Price")
    )
    margin = forms.FloatField(
        required=False, min_value=-100, max_value=100, localize=True, label=_("Margin, in percent"),
        help_text=_("The share of the price that stays. Empty where it is not known."),
    )  # fmt: skip
    url = forms.CharField(max_length=500, required=False, label=_("Address of its page"))
    is_in_stock = forms.BooleanField(required=False, label=_("In stock"))
    is_excluded = forms.BooleanField(
        required=False, label=_("Never recommend"), help_text=_("Left out of every list and guide.")
    )

    def values(self) -> dict[str, Any]:
        """The fields of a product, as `catalogue.edit` takes them."""
        given = self.cleaned_data
        titles = {code: given[f"title_{code}"] for code in ("fr", "en") if given[f"title_{code}"]}
        margin = None if given["margin"] is None else given["margin"] / 100
        names = ("price", "url", "is_in_stock", "is_excluded")
        return {"titles": titles, "margin": margin, **{name: given[name] for name in names}}


def initial(product: Product) -> dict[str, Any]:
    """What the form shows of a product."""
    return {
        "title_fr": product.titles.get("fr", ""), "title_en": product.titles.get("en", ""), "price": product.price,
        "margin": None if product.margin is None else round(product.margin * 100, 2), "url": product.url,
        "is_in_stock": product.is_in_stock, "is_excluded": product.is_excluded,
    }  # fmt: skip


class DocumentForm(forms.Form):
    """Rules or guides, as YAML."""

    text = forms.CharField(
        max_length=LARGEST, strip=False, label=_("Text (YAML)"),
        widget=forms.Textarea(attrs={"rows": 24, "class": "code", "spellcheck": "false"}),
    )  # fmt: skip
