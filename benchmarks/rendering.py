"""Rendering a personal email: ours against python-liquid with EmailMessage, in this run, on one core.

    python benchmarks/rendering.py

Prints messages a second of each and their ratio. The message has 27 variables, a loop of six products and about 50 kB
of HTML; both sides write the same headers and both parts, and read the same people.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from liquid import Environment

from cordiale.content.rules.generator import Source
from cordiale.content.rules.mime import Envelope, build, headers
from cordiale.content.rules.mjml import to_html
from cordiale.content.rules.templates import compile_mail

SECONDS = 3.0
FIELDS = [f"field_{number}" for number in range(18)]
VARIABLES = {
    "person": frozenset(["name", "city", "points", *FIELDS]),
    "links": frozenset({"unsubscribe"}),
    "products": None,
}
PROSE = "The days are longer, the trails are drying out and our new season has arrived: boots, packs and layers. " * 3
BLOCK = "<mj-section><mj-column><mj-text>{text} {{{{ person.{field} }}}}</mj-text></mj-column></mj-section>"
PRODUCT = """<mj-raw>{% for one in products %}</mj-raw><mj-section>
<mj-column width="40%"><mj-image src="{{ one.image }}" alt="{{ one.name }}" href="{{ one.url }}" /></mj-column>
<mj-column width="60%"><mj-text>{{ one.name }}</mj-text><mj-text>{{ one.blurb }}</mj-text>
<mj-text>{{ one.price }} EUR</mj-text><mj-button href="{{ one.url }}">See</mj-button></mj-column>
</mj-section><mj-raw>{% endfor %}</mj-raw>"""
TEXTS = {
    "subject": "{{ person.name }}, your picks are here",
    "mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ person.name }} of {{ person.city | upcase }}"
    "{% if person.points > 1000 %}, a reward awaits{% endif %}</mj-text></mj-column></mj-section>"
    + "".join(BLOCK.format(text=PROSE, field=field) for field in FIELDS)
    + PRODUCT
    + "<mj-section><mj-column><mj-text>"
    "<a href='{{ links.unsubscribe }}'>Unsubscribe</a></mj-text></mj-column>"
    "</mj-section>"
    "</mj-body></mjml>",
    "text": "Dear {{ person.name }},\n{% for one in products %}{{ one.name }}: {{ one.price }} EUR, {{ one.url }}\n"
    "{% endfor %}\nUnsubscribe: {{ links.unsubscribe }}\n",
}
NAMES = ("Élodie", "Zoé", "Jean & fils", "Ada", "Maximilienne", "Noël")


def people(number: int) -> list[dict[str, object]]:
    """Made people; products repeat, as they do in a mailing."""
    shelf = [
        {
            "name": f"Boot n° {one}", "image": f"https://cdn.example.org/p/{one}.jpg", "price": f"{one}.90",
            "url": f"https://www.example.org/p/{one}", "blurb": f"A light boot for {one} summits, resoled at cost.",
        }
        for one in range(40)
    ]  # fmt: skip
    return [
        {
            "person": {"name": f"{NAMES[one % 6]} {one}", "city": "Chambéry", "points": one * 7 % 2000}
            | {field: f"{field} {one % 97}" for field in FIELDS},
            "links": {"unsubscribe": f"https://crm.example.org/c/{one:060d}/"},
            "products": [shelf[(one * 7 + step) % 40] for step in range(6)],
        }
        for one in range(number)
    ]


def envelope(person: dict[str, object], number: int) -> Envelope:
    """What both sides put in the headers."""
    return Envelope(
        sender_name="Maison Exemple", sender_email="hello@news.example.org", to_name=str(person["person"]["name"]),
        to_address=f"c{number}@example.org", token=f"m{number:012d}-ab", at=datetime(2026, 11, 16, 9, tzinfo=UTC),
        unsubscribe=person["links"]["unsubscribe"], list_name="offers", feedback=("0", "spring", "offers"),
    )  # fmt: skip


def ours() -> Callable[[dict[str, object], int], bytes]:
    """Compiled once, then bytes to bytes."""
    mail = compile_mail("spring", "en", TEXTS, VARIABLES, "EUR")
    return lambda person, number: build(mail, person, envelope(person, number))


def theirs() -> Callable[[dict[str, object], int], bytes]:
    """python-liquid's own rendering, the standard library's message."""
    plain, escaping = Environment(), Environment(autoescape=True)
    subject, text = plain.from_string(TEXTS["subject"]), plain.from_string(TEXTS["text"])
    page = escaping.from_string(to_html(Source("spring", TEXTS["mjml"])))

    def make(person: dict[str, object], number: int) -> bytes:
        message = EmailMessage(policy=policy.SMTP)
        about = envelope(person, number)
        message["From"], message["To"] = f"{about.sender_name} <{about.sender_email}>", about.to_address
        message["Subject"], message["Date"] = subject.render(**person), about.at
        for name, value in headers("", about)[4:-1]:
            if name != "MIME-Version":
                message[name] = value
        message.set_content(text.render(**person))
        message.add_alternative(page.render(**person), subtype="html")
        return message.as_bytes()

    return make


def rate(make: Callable[[dict[str, object], int], bytes], audience: list[dict[str, object]]) -> float:
    """Messages a second of processor time."""
    done, started = 0, time.process_time()
    while (spent := time.process_time() - started) < SECONDS:
        for number in range(done, done + 20):
            make(audience[number % len(audience)], number)
        done += 20
    return done / spent


def same(left: bytes, right: bytes) -> bool:
    """Do both sides say the same?"""
    pages = [message_from_bytes(one, policy=policy.default).get_body(("html",)) for one in (left, right)]
    return len({" ".join(page.get_content().split()) for page in pages if page is not None}) == 1


def main() -> None:
    """Run both sides and print the ratio."""
    audience = people(2_000)
    fast, slow = ours(), theirs()
    if not all(same(fast(person, 0), slow(person, 0)) for person in audience[:50]):
        raise SystemExit("the two sides do not say the same: the ratio would mean nothing")
    weight = len(fast(audience[0], 0))
    our_rate, their_rate = rate(fast, audience), rate(slow, audience)
    print(f"message of {weight / 1000:.0f} kB, one core")
    print(f"Cordiale                     {our_rate:10.0f} messages/s")
    print(f"python-liquid + EmailMessage {their_rate:10.0f} messages/s")
    print(f"ratio                        {our_rate / their_rate:10.1f} ×")


if __name__ == "__main__":
    main()
