"""The tags and filters of every page; `docs/pages.md` lists them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django_vite.templatetags.django_vite import vite_asset_url

from cordiale.company import company
from cordiale.ui import formats

register = template.Library()
register.filter("number", formats.number)
register.filter("money", formats.money)
register.filter("percent", formats.percent)
register.filter("instant", formats.instant)
register.filter("day", formats.day)
register.filter("days", formats.days)
register.filter("in_language", formats.in_language)
register.filter("channel", formats.channel)
register.filter("figure", formats.figure)
register.filter("yes_or_no", formats.yes_no)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative picture of the sprite; its names are in `frontend/icons.mjs`."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        vite_asset_url("icons.svg"),
        name,
    )


@register.simple_tag
def synthetic(customer: Any, field: str) -> SafeString | str:
    """The mark of a value that was made up, nothing where it is real or not there."""
    if not getattr(customer, field, None) or customer.origin(field).get("source") != "synthetic":
        return ""
    return format_html('<span class="synthetic">{}</span>', gettext("synthetic"))


@register.inclusion_tag("ui/_kpi.html")
def kpi(
    *, label: str, value: str, definition: str, period: str = "", url: str = "", change: str = ""
) -> dict[str, str]:
    """A figure with its period and definition, for a `<dl class="kpis">`; `value` is already written for the reader."""
    return {
        "label": label,
        "value": value,
        "definition": definition,
        "period": period,
        "url": url,
        "change": change,
    }


@register.inclusion_tag("ui/_pager.html", takes_context=True)
def pager(context: template.Context, page: Any) -> dict[str, Any]:
    """Links to the pages before and after a Django `Page`, keeping the other query parameters."""
    return {"page": page, "request": context["request"]}


@register.inclusion_tag("ui/_chart.html")
def chart(
    *,
    kind: str,
    labels: Sequence[Any],
    series: Sequence[Mapping[str, Any]],
    title: str,
    summary: str,
    unit: str = "number",
    stacked: bool = False,
    has_table: bool = True,
) -> dict[str, Any]:
    """A `line` or `bar` chart, or a `sankey`, with `summary` in words and all values in a table.

    Of a `sankey` each series is where something comes from, each label where it goes. `has_table` is False where the
    page itself has the values in a table beside the chart.

    `series` is a list of `{"name": text, "values": [one per label, None for a gap]}`; `unit` is `number`, `money`
    or `percent` (values are shares). A series with `"is_edge": True` bounds the others: a thin dashed line.
    """
    texts = [str(label) for label in labels]
    drawn = [
        {"name": str(one["name"]), "values": [_plain(value) for value in one["values"]],
         **({"is_edge": True} if one.get("is_edge") else {})}
        for one in series
    ]  # fmt: skip
    data = {
        "kind": kind,
        "unit": unit,
        "stacked": stacked,
        "currency": company().currency,
        "labels": texts,
        "series": drawn,
    }
    digest = hashlib.sha256(json.dumps([str(title), data]).encode()).hexdigest()[:10]
    return {
        "id": f"chart-{digest}",
        "script": json_script(data, f"chart-{digest}-data"),
        "title": title,
        "summary": summary,
        "has_table": has_table,
        "is_tall": kind == "sankey",
        "names": [one["name"] for one in drawn],
        "rows": [
            (text, [formats.figure(one["values"][place], unit) for one in series]) for place, text in enumerate(texts)
        ],
    }


def _plain(value: Any) -> int | float | None:
    if value is None or isinstance(value, int):
        return value
    return float(value)
