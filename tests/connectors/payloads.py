"""Deliveries as the shops' public documentation describes them; all values are ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

SECRET = "shop-secret"


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def woo_order(**changes: Any) -> dict[str, Any]:
    """Two products with a coupon, 20 % taxes, 4,80 shipping: 41,99 + 13,33 paid for products."""
    order = {
        "id": 727, "status": "processing", "currency": "EUR", "customer_id": 26,
        "date_created": "2026-11-10T10:15:00", "date_created_gmt": "2026-11-10T09:15:00",
        "date_modified": "2026-11-10T10:20:00", "date_modified_gmt": "2026-11-10T09:20:00",
        "discount_total": "5.00", "discount_tax": "1.00", "shipping_total": "4.00", "shipping_tax": "0.80",
        "total": "60.12", "total_tax": "10.02", "prices_include_tax": True,
        "billing": {"first_name": "Anne", "last_name": "Roux", "address_1": "3 rue des Lilas", "address_2": "",
                    "city": "Lyon", "postcode": "69003", "country": "FR", "email": "anne@example.org",
                    "phone": "06 12 34 56 78"},
        "line_items": [
            {"id": 315, "name": "Coat", "product_id": 93, "variation_id": 0, "quantity": 2, "subtotal": "39.99",
             "subtotal_tax": "8.00", "total": "34.99", "total_tax": "7.00", "sku": "COAT-1"},
            {"id": 316, "name": "Scarf", "product_id": 22, "variation_id": 23, "quantity": 1, "subtotal": "11.11",
             "subtotal_tax": "2.22", "total": "11.11", "total_tax": "2.22", "sku": ""},
        ],
        "shipping_lines": [{"id": 317, "total": "4.00", "total_tax": "0.80"}], "fee_lines": [], "refunds": [],
    }  # fmt: skip
    return order | changes


def shopify_order(**changes: Any) -> dict[str, Any]:
    """3 × 10,00 with 5,00 off and one of 12,50, taxes on top: 25,00 + 5,00 and 12,50 + 2,50."""
    order = {
        "id": 820982911, "email": "ben@example.org", "currency": "EUR", "financial_status": "paid", "test": False,
        "created_at": "2026-11-10T10:15:00+01:00", "processed_at": "2026-11-10T10:15:00+01:00",
        "updated_at": "2026-11-10T10:16:00+01:00", "cancelled_at": None, "taxes_included": False, "source_name": "web",
        "total_price": "51.00", "subtotal_price": "37.50", "total_tax": "8.50",
        "customer": {"id": 115310627, "email": "ben@example.org", "first_name": "Ben", "last_name": "Petit",
                     "phone": None,
                     "email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in",
                                                 "consent_updated_at": "2026-11-01T08:00:00+01:00"}},
        "billing_address": {"address1": "1 quai Nord", "address2": None, "zip": "33000", "city": "Bordeaux",
                            "country_code": "FR", "first_name": "Ben", "last_name": "Petit", "phone": None},
        "line_items": [
            {"id": 1, "sku": "TEA", "title": "Tea", "price": "10.00", "quantity": 3, "variant_id": 11, "vendor": "Leaf",
             "discount_allocations": [{"amount": "5.00"}], "tax_lines": [{"price": "5.00", "rate": 0.2}]},
            {"id": 2, "sku": None, "title": "Mug", "price": "12.50", "quantity": 1, "variant_id": 12,
             "discount_allocations": [], "tax_lines": [{"price": "2.50", "rate": 0.2}]},
        ],
        "refunds": [],
    }  # fmt: skip
    return order | changes


def presta(**changes: Any) -> dict[str, Any]:
    """2 × 19,90 and 1 × 30,00 with 10,00 off the cart: 59,80 paid for products."""
    body = {
        "customer": {"id": 4, "firstname": "Zoé", "lastname": "Blanc", "email": "zoe@example.org",
                     "birthday": "1990-05-01", "newsletter": "1", "newsletter_date_add": "2026-10-02 08:00:00",
                     "date_upd": "2026-11-10 10:00:00"},
        "address": {"id_customer": "4", "address1": "8 place du Marché", "postcode": "35000", "city": "Rennes",
                    "phone_mobile": "0611223344", "date_upd": "2026-11-10 10:00:00"},
        "order": {"id": 9, "id_customer": "4", "current_state": "2", "valid": "1", "date_add": "2026-11-10 10:05:00",
                  "date_upd": "2026-11-10 10:06:00", "total_discounts_tax_incl": "10.000000",
                  "total_shipping_tax_incl": "5.000000", "total_products_wt": "69.800000",
                  "total_paid_tax_incl": "64.800000", "associations": {"order_rows": [
                      {"id": "31", "product_id": "1", "product_reference": "BOOK", "product_quantity": "2",
                       "unit_price_tax_incl": "19.900000"},
                      {"id": "32", "product_id": "2", "product_reference": "", "product_quantity": "1",
                       "unit_price_tax_incl": "30.000000"}]}},
    }  # fmt: skip
    return body | changes


def dumped(payload: Any) -> bytes:
    return json.dumps(payload).encode()
