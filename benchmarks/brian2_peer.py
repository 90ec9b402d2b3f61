"""The same neurons and secretion in Brian2, run by `benchmarks.neurons` in a process of its own.

Usage: ``python benchmarks/brian2_peer.py TARGET CELLS MILLISECONDS SECRETION < parameters``; then, for every line read
from standard input, one run is timed and one line "nanoseconds per cell and ms, spikes per s and cell, pg/s" is
printed. Discrete updates of 1 ms as code strings, compiled by Brian2 (target cython) or run by numpy.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

MEMBRANE = """
excited = poisson(rate_e)
inhibited = poisson(rate_i)
psp = psp * left_psp + size * (excited - inhibited)
hap = hap * left_hap
ahp = ahp * left_ahp
"""
SECRETION = """
broad = broad * left_b
fast_ca = fast_ca * left_e
slow_ca = slow_ca * left_c
out_now = release * fast_ca * fast_ca * pool
fill = refill * reserve * int(pool < full)
made = synthesis * int(reserve < reserve_full)
pool = pool + fill - out_now
reserve = reserve + made - fill
released = released + out_now
"""
SPIKE = "hap = hap + step_hap\nahp = ahp + step_ahp\n"
SPIKE_SECRETION = """
entry = (1 - fast_ca**5 / (fast_ca**5 + fast)) * (1 - slow_ca**3 / (slow_ca**3 + slow)) * (broad + base)
broad = broad + step_b
fast_ca = fast_ca + step_e * entry
slow_ca = slow_ca + step_c * entry
"""
NAMES = [
    "rate_e",
    "rate_i",
    "left_psp",
    "left_hap",
    "left_ahp",
    "left_dap",
    "size",
    "gap",
    "step_hap",
    "step_ahp",
    "step_dap",
    "refractory_ms",
    "left_b",
    "left_e",
    "left_c",
    "step_b",
    "step_e",
    "step_c",
    "base",
    "fast",
    "slow",
    "release",
    "refill",
    "full",
    "reserve_full",
    "synthesis",
]


def load() -> Any:
    """Import Brian2; version 2.9 asks for ``numpy.ndarray.ptp``, which numpy 2.4 no longer has."""
    if hasattr(np.ndarray, "ptp"):
        import brian2

        return brian2
    import Cython  # noqa: F401  (whatever Brian2 needs is imported before the class is replaced)
    import jinja2  # noqa: F401
    import numpy.fft
    import numpy.linalg
    import numpy.random
    import numpy.testing  # noqa: F401
    import pyparsing  # noqa: F401
    import scipy.special  # noqa: F401
    import setuptools  # noqa: F401
    import sympy  # noqa: F401

    class Array(np.ndarray):
        def ptp(self, *arguments: Any, **named: Any) -> Any:
            return np.ptp(np.asarray(self), *arguments, **named)

    original = np.ndarray
    np.ndarray = Array  # type: ignore[misc]
    try:
        import brian2
    finally:
        np.ndarray = original  # type: ignore[misc]
    return brian2


def main() -> None:
    """Build the network once and time a run for every line of input."""
    target, cells, steps, secretion = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    value = dict(zip(NAMES, map(float, sys.stdin.readline().split()), strict=True))
    brian = load()
    brian.BrianLogger.log_level_error()
    brian.prefs.codegen.target = target
    brian.defaultclock.dt = 1 * brian.ms
    brian.seed(1)
    equations = "psp : 1\nhap : 1\nahp : 1\n"
    if secretion:
        equations += "".join(f"{name} : 1\n" for name in ("broad", "fast_ca", "slow_ca", "pool", "reserve", "released"))
    group = brian.NeuronGroup(
        cells,
        equations,
        threshold="psp - hap - ahp > gap",
        reset=SPIKE + (SPIKE_SECRETION if secretion else ""),
        refractory=value["refractory_ms"] * brian.ms,
        namespace=value,
    )
    group.run_regularly(MEMBRANE + (SECRETION if secretion else ""), dt=1 * brian.ms, when="start")
    if secretion:
        group.slow_ca, group.pool, group.reserve = 0.03, value["full"], value["reserve_full"]
    monitor = brian.SpikeMonitor(group)
    network = brian.Network(group, monitor)
    network.run(20 * brian.ms)
    print("ready", flush=True)
    for _ in sys.stdin:
        spikes, out = monitor.num_spikes, float(np.sum(group.released)) if secretion else 0.0
        begin = time.process_time()
        network.run(steps * brian.ms)
        seconds = time.process_time() - begin
        rate = (monitor.num_spikes - spikes) / cells / (steps / 1000)
        released = (float(np.sum(group.released)) - out) / cells / (steps / 1000) if secretion else 0.0
        print(seconds * 1e9 / (cells * steps), rate, released, flush=True)


if __name__ == "__main__":
    main()
