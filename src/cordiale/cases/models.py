"""Service cases, what was said in them, and the facts of theirs that are on their way to the lake."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    OPEN = "open", pgettext_lazy("case", "Open")  # it is our turn
    WAITING = "waiting", pgettext_lazy("case", "Waiting for the customer")
    RESOLVED = "resolved", pgettext_lazy("case", "Resolved")


class Priority(models.IntegerChoices):
    HIGH = 1, pgettext_lazy("priority", "High")
    NORMAL = 2, pgettext_lazy("priority", "Normal")
    LOW = 3, pgettext_lazy("priority", "Low")


class Channel(models.TextChoices):
    PHONE = "phone", pgettext_lazy("case channel", "Call")
    EMAIL = "email", pgettext_lazy("case channel", "Email")
    STORE = "store", pgettext_lazy("case channel", "Store")
    WEB = "web", pgettext_lazy("case channel", "Website")
    CHAT = "chat", pgettext_lazy("case channel", "Chat")
    SOCIAL = "social", pgettext_lazy("case channel", "Social network")
    LETTER = "letter", pgettext_lazy("case channel", "Letter")


class NoteKind(models.TextChoices):
    INTERNAL = "internal", pgettext_lazy("case", "Internal note")
    ANSWER = "answer", pgettext_lazy("case", "Our answer")
    REPLY = "reply", pgettext_lazy("case", "The customer’s words")


class Case(models.Model):
    """A request of one customer, from its opening to its end. Its `id` is the number people say.

    `revision` grows with every change: who acts on an older one is shown what happened meanwhile. `waiting_since` is
    since when the customer waits for us, empty while we wait for him and once it is resolved. An erased person's case
    stays for the figures, without customer and without words.
    """

    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.SET_NULL, related_name="cases")
    channel = models.CharField(max_length=20, choices=Channel.choices)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    category = models.CharField(max_length=40)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    handler = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="cases")
    opened_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True)
    first_answer_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    satisfaction = models.PositiveSmallIntegerField(null=True)  # 1 to 5, 5 is best
    satisfaction_comment = models.TextField(blank=True)
    rated_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(satisfaction=None) | models.Q(satisfaction__range=(1, 5)), name="case_satisfaction"
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.RESOLVED, resolved_at__isnull=False)
                | (~models.Q(state=State.RESOLVED) & models.Q(resolved_at=None)),
                name="case_resolved_at",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-opened_at"]),
            models.Index(
                fields=["waiting_since", "id"], condition=~models.Q(state=State.RESOLVED), name="case_waiting"
            ),
            models.Index(fields=["handler", "state"]),
            models.Index(fields=["-resolved_at"]),
            models.Index(fields=["first_answer_at"]),
            models.Index(fields=["rated_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.subject}".strip()

    @property
    def is_resolved(self) -> bool:
        """Is it over?"""
        return self.state == State.RESOLVED


class CaseNote(models.Model):
    """Something said in a case; never changed. `author` names whoever wrote it, `staff` where it is one of us."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=20, choices=NoteKind.choices)
    author = models.CharField(max_length=120)
    staff = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "at", "id"])]


class Batch(models.Model):
    """Facts that go to the lake together; the number is never used again, and the lake remembers it."""

    is_written = models.BooleanField(default=False)


class CaseFact(models.Model):
    """A step of a case, written in its transaction, to be appended to the lake's `events` exactly once.

    `customer_id` is the case's at that moment: should two customers be one later, and two again, it stays right.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="facts")
    customer_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    at = models.DateTimeField()
    properties = models.JSONField(default=dict)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="facts")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["id"], condition=models.Q(batch=None), name="case_fact_unflushed")]
