"""The next chunk is read and checked while PostgreSQL writes this one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.utils import translation

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in another thread while the one before is used. They must not touch the database."""
    language = translation.get_language() or "en"

    def make() -> T | None:
        with translation.override(language):
            return next(items, None)

    with ThreadPoolExecutor(1, thread_name_prefix="import-ahead") as pool:
        coming = pool.submit(make)
        while (item := coming.result()) is not None:
            coming = pool.submit(make)
            yield item
