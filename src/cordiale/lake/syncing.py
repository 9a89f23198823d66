"""Onto the disk, before anybody is told: a commit that was reported outlives a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have a file's content, or a folder's list of names, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_log(log: Path, after: int) -> None:
    """Have the commits (and checkpoints) of a Delta log later than version `after` on the disk."""
    version = after + 1
    while (commit := log / f"{version:020}.json").exists():
        sync(commit)
        if (checkpoint := log / f"{version:020}.checkpoint.parquet").exists():
            sync(checkpoint)
            sync(log / "_last_checkpoint")
        version += 1
    sync(log)
