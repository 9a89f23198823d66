"""Checking a file and writing it: one way through it for both, for the page, the command and the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cordiale import clock
from cordiale.company import company
from cordiale.customers import durability, indexes
from cordiale.errors import Refused
from cordiale.identity.columns import strong
from cordiale.imports import basis, files, mapping
from cordiale.imports.ahead import ahead
from cordiale.imports.cutting import cut
from cordiale.imports.models import Import, ImportState
from cordiale.imports.reading import Batch, Reading, RefusedRow, open_rows
from cordiale.imports.reading.guessing import columns as columns_of
from cordiale.imports.rows import Preparation, Prepared
from cordiale.imports.writing import Outcome, Part, Seen, Task, writer
from cordiale.jobs.progress import Progress

SAMPLES, MOST_SHOWN = 3, 200


@dataclass
class Check:
    """What a dry run found: counts of rows, and per column of the file what is wrong with how many, with samples."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def add(self, unread: Sequence[RefusedRow], prepared: Prepared, outcome: Outcome) -> None:
        """Count one chunk: rows that could not be read, those with a bad cell, those refused for what they say."""
        self.counts.update(outcome.counts)
        self.counts["refused"] += len(prepared.refused) + len(outcome.refused)
        for key, cells in prepared.problems.items():
            self._count(key, len(cells), cells)
        for reason, count in Counter(one.reason for one in (*unread, *outcome.refused)).items():
            self._count(("", reason), count, [])

    def _count(self, key: tuple[str, str], count: int, cells: list[str]) -> None:
        entry = self.wrong.setdefault(key, [0, []])
        entry[0] += count
        entry[1] = list(dict.fromkeys([*entry[1], *(cell for cell in cells if cell.strip())]))[:SAMPLES]

    def as_json(self) -> dict[str, Any]:
        """Plain values; the most frequent faults first."""
        wrong = sorted(self.wrong.items(), key=lambda one: -one[1][0])[:MOST_SHOWN]
        return {
            "counts": dict(self.counts),
            "wrong": [
                {"column": column, "reason": reason, "rows": count, "samples": samples}
                for (column, reason), (count, samples) in wrong
            ],
        }


def count_rows(path: Path, reading: Reading) -> int:
    """How many rows the file has, refused ones included."""
    return sum(batch.table.num_rows + len(batch.refused) for batch in open_rows(path, reading))


def check(imported: Import, now: datetime, progress: Progress | None = None) -> dict[str, Any]:
    """Go through the file and write nothing: what an import would do."""
    task, preparation, path = _begin(imported, now)
    seen, found, done = Seen(), Check(), 0
    for number, batch in enumerate(_chunks(imported, task, path), start=1):
        prepared = preparation.prepare(batch)
        outcome = writer(imported.kind).look(task, _part(number, prepared), seen)
        found.add(batch.refused, prepared, outcome)
        done += batch.table.num_rows + len(batch.refused)
        if progress:
            progress.done(done, imported.rows)
            if progress.is_cancelled():
                return {}
    found.counts["rows"] = done
    report = found.as_json()
    if Import.objects.filter(pk=imported.pk, mapping=imported.mapping, reading=imported.reading).exists():
        files.write_check(imported.pk, report)  # of another mapping by now, it would say what is not so
    return report


def run(imported: Import, progress: Progress) -> dict[str, Any]:
    """Write the file from where it was left, chunk by chunk, each once. What was written stays when it is cancelled."""
    task, preparation, path = _begin(imported, progress.now)
    files.refused(imported.pk).parent.mkdir(parents=True, exist_ok=True)
    progress.done(imported.rows_done, imported.rows)
    chunks = _prepared(_chunks(imported, task, path), preparation, imported.chunks_done)
    with _loading(imported):
        for chunk in ahead(chunks):
            if progress.is_cancelled():
                break
            _write_chunk(imported, task, chunk, preparation.columns)
            progress.done(imported.rows_done, imported.rows)
    _finish(imported, progress.now, is_whole=not progress.was_cancelled)
    return dict(imported.counts)


@contextmanager
def _loading(imported: Import) -> Iterator[None]:
    """Files of customers are written in a hurry; of the others, nothing may be in the lake that is not told of here."""
    if imported.kind != "customers":
        yield
        return
    with durability.behind(), indexes.aside(imported.rows):
        yield


def _begin(imported: Import, now: datetime) -> tuple[Task, Preparation, Path]:
    path = files.require(imported.pk)
    document = mapping.of_json(imported.mapping)
    reading = Reading(**imported.reading)
    task = Task(
        number=imported.pk,
        source=imported.source,
        digest=imported.digest,
        mapping=document,
        basis=basis.of_mapping(document.basis or {}, clock.local_day(now, company().zone)),
        at=imported.started_at or now,
        now=now,
    )
    return task, Preparation(document, columns_of(path, reading)), path


def _chunks(imported: Import, task: Task, path: Path) -> Iterator[Batch]:
    reading = Reading(**imported.reading)
    if imported.rows is None:
        imported.rows = count_rows(path, reading)
        imported.save(update_fields=["rows"])
    return cut(path, reading, task.mapping, imported.rows)


@dataclass(frozen=True)
class _Chunk:
    part: Part
    size: int
    refused: list[RefusedRow]


def _prepared(batches: Iterator[Batch], preparation: Preparation, done: int) -> Iterator[_Chunk]:
    for number, batch in enumerate(batches, start=1):
        if number > done:
            size = batch.table.num_rows + len(batch.refused)
            prepared = preparation.prepare(batch)
            yield _Chunk(_part(number, prepared), size, prepared.refused)


def _write_chunk(imported: Import, task: Task, chunk: _Chunk, columns: Sequence[str]) -> None:
    """All of a chunk is written, or nothing: its place in the file is kept in the same transaction."""
    number = chunk.part.number
    with transaction.atomic():
        held = Import.objects.select_for_update().get(pk=imported.pk)
        if held.chunks_done != number - 1 or held.state != ImportState.RUNNING:
            raise Refused(_("import %(number)s has gone on elsewhere; look at its page") % {"number": imported.pk})
        outcome = writer(imported.kind).write(task, chunk.part)
        refused = sorted([*chunk.refused, *outcome.refused], key=lambda one: one.row)
        held.refused_bytes = files.append_refused(held.pk, columns, refused, held.refused_bytes)
        held.chunks_done = number
        held.rows_done += chunk.size
        held.counts = dict(Counter(held.counts) + Counter(outcome.counts) + Counter(refused=len(refused)))
        held.save(update_fields=["refused_bytes", "chunks_done", "rows_done", "counts"])
    for name in ("refused_bytes", "chunks_done", "rows_done", "counts"):
        setattr(imported, name, getattr(held, name))


def _part(number: int, prepared: Prepared) -> Part:
    return Part(
        number=number,
        table=prepared.table,
        rows=prepared.rows,
        batch=prepared.batch,
        identifiers=strong(prepared.table),
    )


def _finish(imported: Import, now: datetime, *, is_whole: bool) -> None:
    imported.state = ImportState.DONE if is_whole else ImportState.STOPPED
    imported.finished_at = now
    imported.save(update_fields=["state", "finished_at"])
