"""Purchase models on ten million customers, against lifetimes and pymc-marketing (maximum a posteriori).

    python -m benchmarks.expected_value              # 10 000 000 customers; exit 1 when a target is missed
    python -m benchmarks.expected_value 1000000
    python -m benchmarks.expected_value 1000000 --without-pymc

The base is drawn from a BG/NBD, each customer known for 1 to 730 days, in whole days; spend from a Gamma-Gamma. Each
runs in a process of its own on the same columns in memory; peaks are of those processes. Likelihoods are compared by
one function: ours, at the parameters each found. pymc-marketing gets an environment of its own in `.tools/peers`, of
Python 3.12 where there is one (its newest version needs it), else of ours with the newest version that runs there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.expected_value_peer import AHEAD, columns, peak, seconds
from cordiale.btyd import Fit, fit, fit_gamma_gamma, summarise

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / "benchmarks" / "expected_value_peer.py"
PEERS = ROOT / ".tools" / "peers"
LIFETIMES, PYMC, MEMORY = 20.0, 8.0, 0.25
TRUE, WORTH = (0.2426, 30.9, 0.793, 2.426), (6.25, 3.74, 15.44)
DAYS = 730


def draw(folder: Path, customers: int) -> None:
    """The base, a file a column."""
    dice = np.random.default_rng(7)
    r, alpha, a, b = TRUE
    rate, leaves = dice.gamma(r, 1 / alpha, customers), dice.beta(a, b, customers)
    known = dice.integers(1, DAYS + 1, customers, dtype=np.int32)
    x, last = np.zeros(customers, np.int32), np.zeros(customers, np.int32)
    who, now = np.arange(customers), np.zeros(customers)
    while who.size:
        now = now + dice.exponential(size=who.size) / np.maximum(rate[who], 1e-300)
        who, now = who[now < known[who]], now[now < known[who]]
        x[who] += 1
        last[who] = np.minimum(np.ceil(now), known[who])
        stays = dice.random(who.size) >= leaves[who]
        who, now = who[stays], now[stays]
    p, q, v = WORTH
    often = np.maximum(x, 1)
    value = dice.gamma(p * often) / often / dice.gamma(q, 1 / v, customers) * (x > 0)
    for name, column in (("x", x), ("t_x", last), ("T", known), ("value", value)):
        np.save(folder / f"{name}.npy", column)


def ours(folder: Path) -> dict[str, Any]:
    """Times of ours, from columns to parameters; counting how often each history occurs is part of the fit."""
    x, t_x, T, value = columns(folder)  # noqa: N806
    found: list[Any] = []
    fitting = seconds(lambda: found.append(fit(summarise(x, t_x, T))))
    predicting = seconds(lambda: found[0].expected(AHEAD * 7, x, t_x, T))
    valuing = seconds(lambda: found.append(fit_gamma_gamma(x, value)))
    r, alpha, a, b = found[0].parameters
    worth = [found[1].p, found[1].q, found[1].v]
    return {"fit": fitting, "predict": predicting, "value": valuing, "parameters": [r, alpha / 7, a, b],
            "worth": worth, "peak": peak()}  # fmt: skip


def run(command: list[str], environment: dict[str, str] | None = None) -> dict[str, Any] | str:
    """What a run told, or why it did not."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def pymc_python() -> Path | None:
    """A Python with pymc-marketing, made once; None where it cannot be had."""
    found = PEERS / "pymc" / "bin" / "python"
    if found.exists():
        return found
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    base = next((name for name in ("python3.13", "python3.12") if is_there(name)), sys.executable)
    made = found.parents[1]
    try:
        subprocess.run([uv, "venv", "--quiet", "--no-python-downloads", "--python", base, str(made)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(found), "pymc-marketing"], check=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(made, ignore_errors=True)
        return None
    return found


def is_there(python: str) -> bool:
    """Whether this Python starts; a version manager may know the name only."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pymc(folder: Path) -> dict[str, Any] | str:
    """pymc-marketing in its own environment; its compiled code is kept there too."""
    python = pymc_python()
    if python is None:
        return "no environment of its own: the package index is not reachable, or uv is missing"
    flags = f"base_compiledir={PEERS / 'pymc' / 'compiled'}"
    return run([str(python), str(PEER), "pymc-marketing", str(folder)], {**os.environ, "PYTENSOR_FLAGS": flags})


def line(name: str, told: dict[str, Any], height: float) -> str:
    """A row of the table."""
    value = f"{told['value']:9.2f}" if told["value"] is not None else f"{'':9}"
    return f"{name:16}{told['fit']:9.2f}{told['predict']:10.2f}{value}{told['peak']:12.0f}{height:20.2f}"


def compare(folder: Path, *, without_pymc: bool) -> int:
    """Run all, print what they took; 1 when a target is missed."""
    mine = run([sys.executable, "-m", "benchmarks.expected_value", "--ours", str(folder)])
    theirs = run([sys.executable, str(PEER), "lifetimes", str(folder)])
    bayes: dict[str, Any] | str = "left out" if without_pymc else pymc(folder)
    if isinstance(mine, str) or isinstance(theirs, str):
        print(f"ours: {mine}\nlifetimes: {theirs}")
        return 1
    x, t_x, T, _ = columns(folder)  # noqa: N806
    summary = summarise(x, t_x, T)

    def height(told: dict[str, Any]) -> float:
        r, alpha, a, b = told["parameters"]
        return Fit("bg/nbd", (r, alpha * 7, a, b), (), 0.0, 0.0).log_likelihood(summary)

    print(
        f"{x.size:,} customers, {summary.x.size:,} different histories; seconds, MiB, log-likelihood of the purchases"
    )
    print(f"{'':16}{'fit':>9}{'predict':>10}{'value':>9}{'peak':>12}{'log-likelihood':>20}")
    heights = {name: height(told) for name, told in (("ours", mine), ("lifetimes", theirs))}
    print(line("ours", mine, heights["ours"]))
    print(line("lifetimes", theirs, heights["lifetimes"]))
    faster = sum(theirs[one] for one in ("fit", "predict", "value")) / sum(
        mine[one] for one in ("fit", "predict", "value")
    )
    less = mine["peak"] / theirs["peak"]
    missed = faster < LIFETIMES or less > MEMORY or heights["ours"] < heights["lifetimes"] - 0.01
    said = [
        f"lifetimes takes {faster:.1f} × as long (≥ {LIFETIMES:g} ×)",
        f"ours holds {less:.2f} of its memory (≤ {MEMORY:g})",
    ]
    if isinstance(bayes, str):
        said.append(f"pymc-marketing: {bayes}")
    else:
        print(line("pymc-marketing", bayes, height(bayes)))
        ratio = bayes["fit"] / mine["fit"]
        missed = missed or ratio < PYMC or heights["ours"] < height(bayes) - 0.01
        said.append(f"pymc-marketing's fit takes {ratio:.1f} × as long (≥ {PYMC:g} ×)")
    print("\n".join(said))
    return int(missed)


def main() -> int:
    """Run, print ratios; 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers", type=int, nargs="?", default=10_000_000)
    parser.add_argument("--without-pymc", action="store_true")
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        print(json.dumps(ours(given.ours)))
        return 0
    with tempfile.TemporaryDirectory(prefix="cordiale-expected-value-") as folder:
        draw(Path(folder), given.customers)
        return compare(Path(folder), without_pymc=given.without_pymc)


if __name__ == "__main__":
    sys.exit(main())
