"""What the Hodgkin-Huxley neuron costs: nanoseconds per cell and millisecond, against a C++ loop and Brian2.

Run ``python -m benchmarks.hodgkin_huxley [--json] [--quick]`` from the root of the repository. Ours is the real
component, advanced in intervals of one second as in a run. Peers, timed in turn with ours (medians): ``cpp_scalar``, a
scalar loop in double precision with the exponential of the C library, compiled here with -O3 -march=native; ``brian2``
(group bench). All take 50 steps a ms and the same input. All times are CPU time of the one thread at work. ratio =
peer / ours, above 1: we are faster.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np

from benchmarks.neurons import BUILD, FOLDER
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.neurons.hodgkin_huxley import HodgkinHuxleyOxytocin, equations
from knuffel.body.neurons.hodgkin_huxley.parameters import steps_per_ms
from knuffel.engine.random import Streams
from knuffel.evidence.resolve import build, resolve

CELLS = (64, 256, 1000)
PSP_RATE = 774.0
"""EPSCs per second: about 9 spikes/s."""
CELL_MS = 64_000
"""Cells times milliseconds of one timed run of a peer."""


def numbers() -> Any:
    """Return the parameters that are timed."""
    kind = HodgkinHuxleyOxytocin.Parameters
    resolved, _ = resolve([item.metadata["id"] for item in fields(kind)], HodgkinHuxleyOxytocin.default_sets)
    return replace(build(kind, resolved), psp_rate=PSP_RATE)


class Ours:
    """The component of the package, advanced second by second; the clock runs on between calls."""

    def __init__(self, cells: int) -> None:
        kind = HodgkinHuxleyOxytocin
        self.neurons, self.cells, self.t = kind(numbers(), kind.Settings(cells=cells)), cells, 0
        self.streams = Streams(1, kind.room)
        self.inputs = Inputs({port.name: (np.full(1, port.default),) * 2 for port in kind.inputs})
        self.state, _ = self.neurons.init(Subjects(np.zeros(1, dtype=np.int64)), self.inputs, self.streams)

    def __call__(self) -> tuple[float, float]:
        """Return ns per cell and ms, and spikes/s and cell, of ten times the work of a peer's run."""
        seconds, spikes = max(1, 10 * CELL_MS // self.cells // 1000), 0
        begin = time.thread_time()
        for _ in range(seconds):
            outputs = self.neurons.advance(self.state, self.inputs, self.t, 1000, self.streams)
            spikes += len(outputs["neurons.spike"])
            self.t += 1000
        ns = (time.thread_time() - begin) * 1e9 / (self.cells * seconds * 1000)
        return ns, spikes / self.cells / seconds


def peer_numbers() -> str:
    """Return the arrivals per ms and the constants of the loop, which both peers read."""
    found = numbers()
    rates = (found.psp_rate / 1000, found.inhibition_ratio * found.psp_rate / 1000)
    return " ".join(f"{value:.17g}" for value in (*rates, *equations.constants(found)[:, 0]))


def scalar_peer(cells: int) -> Callable[[], list[float]]:
    """Compile the C++ loop and return a function that runs it once. Raises OSError or CalledProcessError."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise OSError("g++ not found")
    BUILD.mkdir(exist_ok=True)
    program = BUILD / "hh_engine"
    source = FOLDER / "hh_engine.cpp"
    subprocess.run([compiler, "-O3", "-march=native", "-o", str(program), str(source)], check=True)
    milliseconds = max(1000, CELL_MS // cells)  # a run starts at rest; in less time the start would be all there is
    command = [str(program), str(cells), str(milliseconds), str(steps_per_ms(numbers().time_step)), "1"]

    def run() -> list[float]:
        found = subprocess.run(command, input=peer_numbers(), capture_output=True, text=True, check=True)
        return [float(word) for word in found.stdout.split()]

    return run


class Brian2Peer:
    """A process that holds the Brian2 network and runs it on demand. Raises OSError when it does not start."""

    def __init__(self, cells: int) -> None:
        script, per_ms = str(FOLDER / "hh_brian2_peer.py"), str(steps_per_ms(numbers().time_step))
        command = [sys.executable, script, "cython", str(cells), str(CELL_MS // cells), per_ms]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1)
        self._say(peer_numbers())
        if self._hear() != "ready":
            _, errors = self.process.communicate()
            raise OSError((errors.strip().splitlines() or ["no answer"])[-1])

    def _say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __call__(self) -> list[float]:
        """Run once and return ns per cell and ms, spikes/s and cell."""
        self._say("run")
        return [float(word) for word in self._hear().split()]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def compare(ours: Ours, peer: Callable[[], list[float]], repeats: int, name: str) -> dict[str, Any]:
    """Time ours and the peer in turn and return the row of medians."""
    ours()
    peer()
    pairs = [(ours(), peer()) for _ in range(repeats)]
    mine, theirs = (statistics.median(pair[who][0] for pair in pairs) for who in (0, 1))
    return {
        "case": "Hodgkin-Huxley neurons, steps of 0.02 ms",
        "n": ours.cells,
        "unit": "ns per cell-ms",
        "ours": mine,
        "peer": theirs,
        "peer_name": name,
        "ratio": theirs / mine,
        "spikes_per_s": [statistics.mean(pair[who][1] for pair in pairs) for who in (0, 1)],
    }


def measure(quick: bool) -> dict[str, Any]:
    """Return all rows and notes."""
    repeats, rows = 3 if quick else 5, []
    notes = [
        f"{PSP_RATE:g} EPSCs/s; spikes_per_s: ours, peer",
        "peers start at rest in every run (cpp_scalar) or once (brian2): they fire faster in the first second",
    ]
    for cells in CELLS:
        ours = Ours(cells)
        try:
            rows.append(compare(ours, scalar_peer(cells), repeats, "cpp_scalar"))
        except (OSError, subprocess.CalledProcessError) as error:
            notes.append(f"cpp_scalar left out: {error}")
        try:
            brian = Brian2Peer(cells)
        except OSError as error:
            notes.append(f"brian2 left out: {error}")
            continue
        rows.append(compare(ours, brian, repeats, "brian2"))
        brian.close()
    return {"rows": rows, "notes": notes}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    options = parser.parse_args()
    result = measure(options.quick)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{'cells':>5s} {'ours':>8s} {'peer':>8s} {'ratio':>7s}  peer (ns per cell and ms)")
    for row in result["rows"]:
        print(f"{row['n']:5d} {row['ours']:8.0f} {row['peer']:8.0f} {row['ratio']:7.1f}  {row['peer_name']}")
    print(*result["notes"], sep="\n")


if __name__ == "__main__":
    main()
