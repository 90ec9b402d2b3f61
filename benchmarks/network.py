"""What the network costs: nanoseconds per cell and millisecond under suckling, with and without secretion.

Run ``python -m benchmarks.network [--json] [--quick]`` from the root of the repository. Ours is the real component,
advanced in intervals of one second as in a run, in one thread. The peer ``cpp_naive`` is the same update, written the
plain way in C++ and compiled here (-O2): one Poisson sampler of the standard library for each of the four inputs of a
neuron, ``pow`` and ``exp`` in every cell and step. Both are timed in turn (A B A B, medians), in CPU time of the one
thread at work. ratio = peer / ours, above 1: we are faster.

Two further cases have ourselves as peer: the cost of larger networks against that of 48 cells (``ours_48``; 1 is
constant cost), and an hour of 48 cells against real time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cells_and_gland import CellsAndGland
from knuffel.body.neurons.network import NetworkOxytocin
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.body.secretion.terminal.equations import constants
from knuffel.evidence import resolve

CELLS = (48, 480, 4800)
HOUR = 3600
SET = "rossoni-2008"
FOLDER = Path(__file__).parent
SOURCE, BUILD = FOLDER / "network_engine.cpp", FOLDER / "build"
LABEL = {0: "network", 1: "network and secretion"}


def numbers(kind: Any) -> Any:
    """Return the parameters of a component for the set that is timed."""
    return resolve.numbers(kind.Parameters, [SET])


def ours_of(cells: int, secretion: bool) -> CellsAndGland:
    """Return our network under full suckling, with or without the gland."""
    return CellsAndGland(NetworkOxytocin, SET, cells, secretion, stimuli__suckling=1.0)


def peer_numbers(cells: int) -> tuple[str, int]:
    """Return what the peer reads, the same that our loops work with, and the number of bundles."""
    kind = NetworkOxytocin
    p, terminal = numbers(kind), numbers(TerminalSecretion)
    drawn = kind(p, kind.Settings(cells=cells)).attributes()["network"]
    rates = [p.psp_rate / 2000, p.inhibition_ratio * p.psp_rate / 2000, p.priming_rate / 1000]
    rest = [
        p.dendritic_release_fraction, p.oxytocin_excitation, p.membrane_time_constant, p.resting_potential,
        p.threshold, p.excitatory_reversal, p.inhibitory_reversal, p.excitatory_step, p.inhibitory_step, p.hap_size,
        p.hap_time_constant, p.ahp_limit, p.ahp_time_constant, p.ahp_half_count, p.local_oxytocin_time_constant,
        p.oxytocin_excitation_limit, p.dendritic_store_time_constant, p.endocannabinoid_time_constant,
        p.endocannabinoid_step, p.endocannabinoid_limit, p.endocannabinoid_half_effect, p.dendritic_release_interval,
        p.dendritic_release_delay,
    ]  # fmt: skip
    pools = constants(terminal, 3, terminal.resting_gland_rate)[:, 0]
    graph = [bundle for pair in drawn["graph"] for bundle in pair]
    text = " ".join(f"{value:.17g}" for value in (*rates, *rest, *pools)) + " " + " ".join(map(str, graph))
    return text, drawn["bundles"]


def compile_engine() -> Path:
    """Compile the C++ program and return it. Raises OSError or CalledProcessError."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise OSError("g++ not found")
    BUILD.mkdir(exist_ok=True)
    program = BUILD / "network_engine"
    subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE)], check=True)
    return program


def naive_peer(program: Path, cells: int, secretion: bool, seconds: int) -> Callable[[], list[float]]:
    """Return a function that runs the C++ program once; its own clock leaves out the start of the process."""
    text, bundles = peer_numbers(cells)

    def run() -> list[float]:
        command = [str(program), str(cells), str(bundles), str(seconds * 1000), str(int(secretion)), "1"]
        found = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        return [float(word) for word in found.stdout.split()]

    return run


def compare(cells: int, secretion: bool, program: Path, seconds: int, repeats: int) -> dict[str, Any]:
    """Time ours and the peer in turn and return the row of medians; ours runs longer, so that both take alike."""
    ours, peer = ours_of(cells, secretion), naive_peer(program, cells, secretion, seconds)
    ours(2)
    pairs = [(ours(10 * seconds), peer()) for _ in range(repeats)]
    mine, theirs = (statistics.median(pair[who][0] for pair in pairs) for who in (0, 1))
    return {
        "case": LABEL[int(secretion)],
        "n": cells,
        "unit": "ns per cell-ms",
        "ours": mine,
        "peer": theirs,
        "peer_name": "cpp_naive",
        "ratio": theirs / mine,
        "spikes_per_s": [statistics.mean(pair[who][1] for pair in pairs) for who in (0, 1)],
        "pg_per_s": [statistics.mean(pair[who][2] for pair in pairs) for who in (0, 1)],
    }


def scaling(repeats: int, cell_seconds: int) -> list[dict[str, Any]]:
    """Return the cost of larger networks beside that of 48 cells, timed in turn."""
    few, rows = ours_of(CELLS[0], True), []
    few(2)
    for cells in CELLS[1:]:
        many = ours_of(cells, True)
        many(1)
        turns = [(many(max(1, cell_seconds // cells))[0], few(cell_seconds // CELLS[0])[0]) for _ in range(repeats)]
        ours, peer = (statistics.median(pair[who] for pair in turns) for who in (0, 1))
        rows.append(
            {"case": "cost of a larger network", "n": cells, "unit": "ns per cell-ms", "ours": ours, "peer": peer}
            | {"peer_name": "ours_48", "ratio": peer / ours}
        )
    return rows


def one_hour() -> dict[str, Any]:
    """Return the CPU time of an hour of 48 cells under suckling with secretion, beside real time."""
    ours = ours_of(CELLS[0], True)
    ours(2)
    ns, _, _ = ours(HOUR)
    seconds = ns * CELLS[0] * HOUR * 1000 / 1e9
    return {"case": "an hour of 48 cells", "n": CELLS[0], "unit": "s", "ours": seconds, "peer": float(HOUR)} | {
        "peer_name": "real_time",
        "ratio": HOUR / seconds,
    }


def measure(quick: bool) -> dict[str, Any]:
    """Return all rows and notes."""
    os.environ["KNUFFEL_THREADS"] = "1"
    repeats = 3 if quick else 7
    rows: list[dict[str, Any]] = []
    notes = [f"parameter set {SET}, full suckling from time zero; spikes_per_s and pg_per_s: ours, peer"]
    try:
        program = compile_engine()
        for cells in CELLS:
            seconds = max(1, (1_000 if quick else 6_000) // cells)
            rows += [compare(cells, bool(secretion), program, seconds, repeats) for secretion in (0, 1)]
    except (OSError, subprocess.CalledProcessError) as error:
        notes.append(f"cpp_naive left out: {error}")
    rows += scaling(repeats, 10_000 if quick else 100_000)
    rows.append(one_hour())
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
    print(f"{'case':26s} {'cells':>6s} {'ours':>8s} {'peer':>8s} {'ratio':>7s}  {'unit':15s} peer")
    for row in result["rows"]:
        figures = f"{row['ours']:8.2f} {row['peer']:8.2f} {row['ratio']:7.1f}"
        print(f"{row['case']:26s} {row['n']:6d} {figures}  {row['unit']:15s} {row['peer_name']}")
    print(*result["notes"], sep="\n")


if __name__ == "__main__":
    main()
