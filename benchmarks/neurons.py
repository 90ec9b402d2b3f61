"""What the neurons cost: nanoseconds per cell and millisecond, with and without secretion, against two peers.

Run ``python -m benchmarks.neurons [--json] [--quick]`` from the root of the repository. Ours is the real component,
advanced in intervals of one second as in a run, in one thread. Peers, timed in turn with ours (A B A B, medians):
``cpp_scalar``, a scalar C++ loop compiled here, one cell at a time, calcium entry evaluated each ms as in the published
equations, tuned; ``cpp_plain``, the same equations written plainly, with the generators of the standard library and
powers by pow; ``cpp_scalar_lazy``, tuned, with calcium entry evaluated at spikes only; ``brian2`` (group bench). All
times are CPU time of the one thread at work, so that other programs on the machine disturb little. ratio = peer / ours,
above 1: we are faster.

Two further cases have ourselves as peer: the cost with many cells against that with 256 (``ours_256``; 1 is constant
cost), and a simulated hour of 1,000 cells in all threads against one (wall time in seconds).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cells_and_gland import CellsAndGland
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin, equations
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.body.secretion.terminal.equations import constants
from knuffel.evidence import resolve

CELLS = (48, 256, 1000)
MANY = (1_000, 10_000, 100_000)
HOUR_CELLS, HOUR = 1000, 3600
SET = "oxytocin-2018"
FOLDER = Path(__file__).parent
SOURCE, BUILD = FOLDER / "scalar_engine.cpp", FOLDER / "build"
LABEL = {0: "neurons", 1: "neurons and secretion"}


def numbers(kind: Any) -> Any:
    """Return the parameters of a component for the set that is timed."""
    return resolve.numbers(kind.Parameters, [SET])


def ours_of(cells: int, secretion: bool) -> CellsAndGland:
    """Return our neurons, with or without the gland."""
    return CellsAndGland(IntegrateAndFireOxytocin, SET, cells, secretion)


def peer_numbers() -> str:
    """Return the 26 numbers that both peers read, the same that our loops work with."""
    neurons, terminal = numbers(IntegrateAndFireOxytocin), numbers(TerminalSecretion)
    membrane = equations.constants(neurons, "fitted")[:, 0].astype(float)
    rates = [neurons.psp_rate / 1000, neurons.inhibition_ratio * neurons.psp_rate / 1000]
    pools = constants(terminal, 3, terminal.resting_gland_rate)[:, 0]
    return " ".join(f"{value:.17g}" for value in (*rates, *membrane, *pools))


def compile_engine() -> Path:
    """Compile the C++ loop and return the program. Raises OSError or CalledProcessError."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise OSError("g++ not found")
    BUILD.mkdir(exist_ok=True)
    program = BUILD / "scalar_engine"
    subprocess.run([compiler, "-O3", "-march=native", "-o", str(program), str(SOURCE)], check=True)
    return program


def scalar_peer(program: Path, cells: int, mode: int, seconds: int) -> Callable[[], list[float]]:
    """Return a function that runs the C++ loop once; its own clock leaves out the start of the process."""
    text = peer_numbers()

    def run() -> list[float]:
        command = [str(program), str(cells), str(seconds * 1000), str(mode), "1"]
        found = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        return [float(word) for word in found.stdout.split()]

    return run


class Brian2Peer:
    """A process that holds the Brian2 network and runs it on demand."""

    def __init__(self, target: str, cells: int, secretion: int, steps: int) -> None:
        command = [sys.executable, str(FOLDER / "brian2_peer.py"), target, str(cells), str(steps), str(secretion)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._say(peer_numbers())
        if self._hear() != "ready":
            assert self.process.stderr is not None
            lines = self.process.stderr.read().strip().splitlines()
            raise OSError(lines[-1] if lines else "no answer")

    def _say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __call__(self) -> list[float]:
        """Run once and return ns per cell and ms, spikes/s and cell, pg/s."""
        self._say("run")
        return [float(word) for word in self._hear().split()]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def compare(
    ours: CellsAndGland, seconds: int, peer: Callable[[], list[float]], repeats: int, name: str
) -> dict[str, Any]:
    """Time ours and the peer in turn and return the row of medians; ours runs longer, so that both take alike."""
    ours(2)
    peer()
    pairs = [(ours(5 * seconds), peer()) for _ in range(repeats)]
    mine = statistics.median(own[0] for own, _ in pairs)
    theirs = statistics.median(other[0] for _, other in pairs)
    return {
        "case": LABEL[int(ours.secretion)],
        "n": ours.cells,
        "unit": "ns per cell-ms",
        "ours": mine,
        "peer": theirs,
        "peer_name": name,
        "ratio": theirs / mine,
        "spikes_per_s": [statistics.mean(pair[who][1] for pair in pairs) for who in (0, 1)],
        "pg_per_s": [statistics.mean(pair[who][2] for pair in pairs) for who in (0, 1)],
    }


def scaling(repeats: int, steps: int) -> list[dict[str, Any]]:
    """Return the cost with many cells beside that with 256, both timed in turn; ``steps`` cell-seconds each."""
    few, rows = ours_of(256, True), []
    few(2)
    for cells in MANY:
        many = ours_of(cells, True)
        many(1)
        pairs = [(many(max(1, steps // cells))[0], few(max(1, steps // 256))[0]) for _ in range(repeats)]
        ours, peer = (statistics.median(pair[who] for pair in pairs) for who in (0, 1))
        rows.append(
            {"case": "cost with many cells", "n": cells, "unit": "ns per cell-ms", "ours": ours, "peer": peer}
            | {"peer_name": "ours_256", "ratio": peer / ours}
        )
    return rows


def one_hour(seconds: int) -> dict[str, Any]:
    """Return the wall time of an hour of 1,000 cells in all threads, and in one; measured on ``seconds`` of it."""
    found = {}
    for threads in (None, "1"):
        _use_threads(threads)
        ours = ours_of(HOUR_CELLS, True)
        ours(5)
        begin = time.perf_counter()
        ours(seconds)
        found[threads] = (time.perf_counter() - begin) * HOUR / seconds
    return {"case": "an hour of 1,000 cells, all threads", "n": HOUR_CELLS, "unit": "s", "ours": found[None]} | {
        "peer": found["1"],
        "peer_name": "ours_one_thread",
        "ratio": found["1"] / found[None],
    }


def _use_threads(count: str | None) -> None:
    if count is None:
        os.environ.pop("KNUFFEL_THREADS", None)
    else:
        os.environ["KNUFFEL_THREADS"] = count


def brian2_target() -> str:
    """Return the faster code target of Brian2 that works here. Raises OSError with the reason when none does."""
    reasons = []
    for target in ("cython", "numpy"):
        try:
            Brian2Peer(target, 2, 0, 10).close()
        except (OSError, ValueError) as error:
            reasons.append(f"{target}: {error}")
        else:
            return target
    raise OSError("; ".join(reasons))


def measure(quick: bool) -> dict[str, Any]:
    """Return all rows and notes."""
    repeats = 3 if quick else 7
    _use_threads("1")
    rows: list[dict[str, Any]] = []
    notes: list[str] = [f"parameter set {SET}; spikes_per_s and pg_per_s: ours, peer"]
    program, target = None, None
    try:
        program = compile_engine()
    except (OSError, subprocess.CalledProcessError) as error:
        notes.append(f"cpp_scalar left out: {error}")
    try:
        target = brian2_target()
        notes.append(f"brian2 with code target {target}, in short runs")
    except OSError as error:
        notes.append(f"brian2 left out: {error}")
    for cells in CELLS:
        seconds = max(1, (2_000 if quick else 6_000) // cells)
        for secretion in (0, 1):
            ours = ours_of(cells, bool(secretion))
            if program is not None:
                whole = {"cpp_scalar": 1, "cpp_plain": 3, "cpp_scalar_lazy": 2}
                peers = whole if secretion else {"cpp_scalar": 0}
                for name, mode in peers.items():
                    peer = scalar_peer(program, cells, mode, seconds)
                    rows.append(compare(ours, seconds, peer, repeats, name))
            if target is not None:
                brian = Brian2Peer(target, cells, secretion, 1000 if quick else 5000)
                rows.append(compare(ours, seconds, brian, 3, "brian2"))
                brian.close()
    rows += scaling(repeats, 20_000 if quick else 200_000)
    rows.append(one_hour(300 if quick else HOUR))
    return {"rows": rows, "notes": notes}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repeats")
    options = parser.parse_args()
    result = measure(options.quick)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{'case':36s} {'cells':>6s} {'ours':>8s} {'peer':>8s} {'ratio':>7s}  {'unit':15s} peer")
    for row in result["rows"]:
        figures = f"{row['ours']:8.2f} {row['peer']:8.2f} {row['ratio']:7.1f}"
        print(f"{row['case']:36s} {row['n']:6d} {figures}  {row['unit']:15s} {row['peer_name']}")
    print(*result["notes"], sep="\n")


if __name__ == "__main__":
    main()
