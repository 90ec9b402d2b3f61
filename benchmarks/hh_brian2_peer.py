"""The Hodgkin-Huxley neuron in Brian2, run by `benchmarks.hodgkin_huxley` in a process of its own.

Usage: ``python benchmarks/hh_brian2_peer.py TARGET CELLS MILLISECONDS STEPS_PER_MS < parameters``; then, for every line
read from standard input, one run is timed and one line "nanoseconds per cell and ms, spikes per s and cell" is printed.
The step is a code string, compiled by Brian2 (target cython) or run by numpy, with the same exponential Euler as ours:
Brian2's own refuses the instantaneous calcium gate.
"""

from __future__ import annotations

import sys
import time

from brian2_peer import load

STEP = """
a = am / exprel((am_v - v) * am_s)
b = bm / exprel((bm_v - v) * bm_s)
m_new = m + (a / (a + b) - m) * (1 - exp(-step * (a + b)))
c = ah * exp((ah_v - v) * ah_s)
d = bh / (1 + exp((bh_v - v) * bh_s))
h_new = h + (c / (c + d) - h) * (1 - exp(-step * (c + d)))
e = an / exprel((an_v - v) * an_s)
f = bn * exp((bn_v - v) * bn_s)
n_new = n + (e / (e + f) - n) * (1 - exp(-step * (e + f)))
z = 1 / (1 + exp((z_v - v) * z_s))
q_inf = 1 / (1 + exp((q_v - v) * q_s))
q_new = q + (q_inf - q) * (fall + (rise - fall) * int(q_inf > q))
open_ca = g_ca * z * z
calcium_new = calcium + (influx * open_ca * (e_ca - v) - calcium) * lost
open_na = g_na * m_new * m_new * m_new * h_new
open_k = g_k * (n_new * n_new) * (n_new * n_new) + g_bk * q_new + g_sk * calcium_new / (calcium_new + half)
total = open_na + open_k + open_ca + g_l
after = synaptic - synaptic * fade + jump * poisson(arrivals)
driven = (open_na * e_na + open_k * e_k + open_ca * e_ca + fixed + 0.5 * (synaptic + after)) / total
m = m_new
h = h_new
n = n_new
q = q_new
calcium = calcium_new
synaptic = after
v = driven + (v - driven) * exp(-total * dt_c)
"""
NAMES = [
    "excitation", "inhibition", "am", "am_v", "am_s", "bm", "bm_v", "bm_s", "ah", "ah_v", "ah_s", "bh",
    "bh_v", "bh_s", "an", "an_v", "an_s", "bn", "bn_v", "bn_s", "z_v", "z_s", "q_v", "q_s", "step", "rise",
    "fall", "g_ca", "influx", "e_ca", "lost", "g_na", "g_k", "g_bk", "g_sk", "half", "g_l", "jump", "e_na",
    "e_k", "fixed", "dt_c", "fade", "peak", "rearm",
]  # fmt: skip
STATE = ("v", "m", "h", "n", "q", "calcium", "synaptic")


def main() -> None:
    """Build the network once and time a run for every line of input."""
    target, cells, milliseconds, per_ms = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    value = dict(zip(NAMES, map(float, sys.stdin.readline().split()), strict=True))
    value["arrivals"] = value["excitation"] / per_ms
    brian = load()
    brian.BrianLogger.log_level_error()
    brian.prefs.codegen.target = target
    brian.defaultclock.dt = brian.ms / per_ms
    brian.seed(1)
    group = brian.NeuronGroup(
        cells,
        "".join(f"{name} : 1\n" for name in STATE),
        threshold="v >= peak",
        reset="",
        refractory="v >= rearm",
        namespace=value,
    )
    group.run_regularly(STEP, dt=brian.defaultclock.dt, when="start")
    group.v, group.h = value["fixed"] / value["g_l"], 1
    monitor = brian.SpikeMonitor(group)
    network = brian.Network(group, monitor)
    network.run(20 * brian.ms)
    print("ready", flush=True)
    for _ in sys.stdin:
        spikes = monitor.num_spikes
        begin = time.process_time()
        network.run(milliseconds * brian.ms)
        seconds = time.process_time() - begin
        print(
            seconds * 1e9 / (cells * milliseconds),
            (monitor.num_spikes - spikes) / cells / milliseconds * 1e3,
            flush=True,
        )


if __name__ == "__main__":
    main()
