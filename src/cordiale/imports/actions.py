"""What changes imports: a file given, its mapping said, checked, run, undone, forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.company import company
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.imports import files, preparing
from cordiale.imports.mapping import FileMapping, of_json
from cordiale.imports.models import KEPT_FOR, Import, ImportState, SavedMapping
from cordiale.imports.reading import Reading
from cordiale.imports.targets import require_kind
from cordiale.jobs import actions as jobs
from cordiale.jobs.models import Job, JobState

RUN, CHECK, UNDO = "import", "import-check", "import-undo"


def receive(kind: str, file_name: str, parts: Iterable[bytes], actor: Staff | str, now: datetime) -> Import:
    """Keep a file and guess how to read it. Raises Unreadable with what to do; nothing stays then."""
    imported = Import.objects.create(
        kind=require_kind(kind), file_name=file_name[-200:], digest="", size=0, actor=str(actor)[:120],
        created_at=clock.require_aware(now),
    )  # fmt: skip
    try:
        imported.digest, imported.size = files.keep(imported.pk, parts)
        reading = preparing.read_as(files.upload(imported.pk), {})
        imported.reading = reading.as_json()
        imported.mapping = preparing.guess_mapping(kind, files.upload(imported.pk), reading).as_json()
    except BaseException:
        files.remove(imported.pk)
        imported.delete()
        raise
    imported.save()
    return imported


def prepare(imported: Import, document: FileMapping, said: Mapping[str, Any], name: str = "") -> None:
    """Say how a file reads and what it means; an earlier check no longer counts. Raises Refused once it has begun."""
    if imported.state != ImportState.DRAFT:
        raise Refused(_("this import has begun; what its columns mean cannot change any more"))
    reading = preparing.read_as(files.require(imported.pk), {**document.reading, **said})
    if reading.as_json() != imported.reading:
        imported.rows = None
    imported.reading, imported.mapping, imported.mapping_name = reading.as_json(), document.as_json(), name
    imported.save(update_fields=["reading", "mapping", "mapping_name", "rows"])
    files.forget_check(imported.pk)


def read_again(imported: Import, said: Mapping[str, Any]) -> None:
    """Read the file another way; what its columns mean is guessed anew."""
    path = files.require(imported.pk)
    reading = preparing.read_as(path, said)
    prepare(imported, preparing.guess_mapping(imported.kind, path, reading), said)


def make_ready(imported: Import, now: datetime) -> None:
    """Fill in the formats the file tells. Raises Refused for what only a person can say."""
    document, today = of_json(imported.mapping), clock.local_day(now, company().zone)
    path = files.require(imported.pk)
    imported.mapping = preparing.ready(path, Reading(**imported.reading), document, today).as_json()
    imported.save(update_fields=["mapping"])


def begin_check(imported: Import, actor: Staff | str, now: datetime) -> Job:
    """Ask for a dry run."""
    make_ready(imported, now)
    return _ask(imported, CHECK, actor, now)


def begin(imported: Import, actor: Staff | str, now: datetime) -> Job:
    """Ask for the import itself. Raises Refused where it has begun, or lacks what only a person can say."""
    make_ready(imported, now)
    with transaction.atomic():
        if not Import.objects.filter(pk=imported.pk, state=ImportState.DRAFT).update(
            state=ImportState.RUNNING, started_at=clock.require_aware(now)
        ):
            raise Refused(_("this import has begun already; look at its page"))
        audit("import", str(imported.pk), "import", actor, {"kind": imported.kind, "file": imported.file_name}, now)
        job = _ask(imported, RUN, actor, now)
    imported.refresh_from_db()
    return job


def resume(imported: Import, actor: Staff | str, now: datetime) -> Job:
    """Let an import that failed or was cancelled go on where it was."""
    if imported.state not in {ImportState.RUNNING, ImportState.STOPPED} or imported.job is None:
        raise Refused(
            _("import %(number)s is in the state “%(state)s”; only one that was stopped goes on")
            % {"number": imported.pk, "state": imported.get_state_display()}
        )
    files.require(imported.pk)
    with transaction.atomic():
        job = imported.job
        if job.state in {JobState.FAILED, JobState.CANCELLED}:
            job = jobs.try_again(job, actor, now)
        Import.objects.filter(pk=imported.pk).update(state=ImportState.RUNNING)
    imported.refresh_from_db()
    return job


def undo(imported: Import, actor: Staff | str, now: datetime) -> Job:
    """Ask for an import to be taken back, within seven days."""
    if not imported.may_undo(now):
        raise Refused(
            _(
                "import %(number)s cannot be undone: it wrote nothing, is at work, was undone, or began more than"
                " %(days)s days ago"
            )
            % {"number": imported.pk, "days": KEPT_FOR.days}
        )
    with transaction.atomic():
        Import.objects.filter(pk=imported.pk).update(state=ImportState.UNDOING)
        audit("import", str(imported.pk), "undo", actor, {"file": imported.file_name}, now)
        job = _ask(imported, UNDO, actor, now)
    imported.refresh_from_db()
    return job


def discard(imported: Import, actor: Staff | str, now: datetime) -> None:
    """Give up a file that was never imported."""
    if imported.state != ImportState.DRAFT:
        raise Refused(_("this import has begun: undo it instead"))
    files.remove(imported.pk)
    audit("import", str(imported.pk), "discard", actor, {"file": imported.file_name}, now)
    imported.delete()


def forget_files(imported: Import, why: str, now: datetime) -> bool:
    """Delete the file and the refused rows; `why` is `age` or `erasure`. False where they were gone."""
    there = files.remove(imported.pk)
    Import.objects.filter(pk=imported.pk, files_gone_at=None).update(files_gone_at=now, files_gone_why=why)
    return there


def expire(now: datetime) -> int:
    """Delete files and refused rows whose time is over, and drafts nobody took up; how many."""
    old = Import.objects.filter(files_gone_at=None, created_at__lte=now - KEPT_FOR)
    count = 0
    for imported in old.exclude(state__in=(ImportState.RUNNING, ImportState.UNDOING)).order_by("pk"):
        if imported.undo_until and now <= imported.undo_until:
            continue
        forget_files(imported, "age", now)
        count += 1
    return count


def save_mapping(name: str, document: FileMapping, actor: Staff | str, now: datetime) -> SavedMapping:
    """Keep a mapping under a name, in the place of the one it had. The basis is not kept: it belongs to one file."""
    if not name or slugify(name) != name:
        raise CordialeError(
            _("'%(name)s' cannot name a mapping; write small letters, digits and hyphens") % {"name": name}
        )
    values = {key: value for key, value in document.as_json().items() if key != "basis"}
    saved, _created = SavedMapping.objects.update_or_create(
        name=name, defaults={"kind": document.kind, "document": values, "actor": str(actor)[:120], "updated_at": now}
    )
    return saved


def find_mapping(name: str, kind: str) -> FileMapping:
    """The mapping of that name. Raises NotFound naming those there are."""
    saved = SavedMapping.objects.filter(name=name, kind=kind).first()
    if saved is None:
        names = ", ".join(SavedMapping.objects.filter(kind=kind).values_list("name", flat=True))
        raise NotFound(
            _("there is no mapping '%(name)s' for this kind of file; there are: %(names)s")
            % {"name": name, "names": names or _("none yet")}
        )
    return of_json(saved.document)


def _ask(imported: Import, kind: str, actor: Staff | str, now: datetime) -> Job:
    job = jobs.enqueue(kind, {"import": imported.pk}, imported.file_name, actor, now)
    Import.objects.filter(pk=imported.pk).update(job=job)
    imported.job = job
    return job
