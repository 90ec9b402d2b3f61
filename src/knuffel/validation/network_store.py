"""The dendritic store between bursts against its analytic law, for three strengths of suckling.

Between bursts the mean store obeys dr/dt = I_su - r/tau_r - k_r nu_d r, where nu_d is the rate of background spikes
that end a short interval: chance doublets drain the store about as fast as the leak. So r approaches
r_inf = I_su tau_eff with 1/tau_eff = 1/tau_r + k_r nu_d. The law is our own derivation; the model knows nothing of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.neurons.network import NetworkOxytocin
from knuffel.validation.drive import numbers
from knuffel.validation.nursing_network import CELLS, SEEDS, Run, network
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_RATES = (0.3, 0.5, 0.8)
_ALL_RATES = (0.3, 0.5, 0.8, 1.4)
_TIMES = (50, 100, 150, 200)
_AFTER = 5


def _runs(rate: float) -> list[Run]:
    return [network(seed, priming_rate=rate) for seed in SEEDS]


def _doublets(run: Run) -> float:
    """Return the rate (1/s and cell) of spikes before the first burst that end an interval below that of release."""
    own = numbers(NetworkOxytocin.Parameters, "rossoni-2008")
    end = run.bursts.start[0] - 1000 if len(run.bursts) else run.seconds * 1000
    before = run.time < end
    order = np.lexsort((run.time[before], run.cell[before]))
    time, cell = run.time[before][order], run.cell[before][order]
    short = (np.diff(time) < own.dendritic_release_interval) & (cell[1:] == cell[:-1])
    return float(short.sum()) * 1000 / CELLS / float(end)


def _law(run: Run, rate: float, second: Any) -> Any:
    """Return the store that the law expects from zero on, with the doublets of this run."""
    own = numbers(NetworkOxytocin.Parameters, "rossoni-2008")
    leak = 1000 / own.dendritic_store_time_constant + own.dendritic_release_fraction * _doublets(run)
    return rate / leak * -np.expm1(-leak * np.asarray(second, dtype=np.float64))


def _misfit(run: Run, rate: float) -> float:
    """Return the largest relative difference from the law, from 30 s on to the first burst."""
    seconds = np.arange(30, int(run.bursts.start[0] / 1000) - 2)
    return float(np.abs(run.store[seconds] / _law(run, rate, seconds + 1) - 1).max())


def _before(run: Run) -> Any:
    """Return the mean store in the second before each burst."""
    return run.store[(run.bursts.start / 1000).astype(int) - 1]


def _left(run: Run) -> Any:
    """Return what is left 5 s after each burst, relative to the second before it."""
    later = np.minimum((run.bursts.end / 1000).astype(int) + _AFTER, run.seconds - 1)
    return run.store[later] / _before(run)


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/network_store.toml`."""
    waiting = [run.store for run in _runs(0.5) if run.latency > max(_TIMES)]
    mean = np.mean(waiting, axis=0)
    found = [Row(f"NS_store_{second}", float(mean[second - 1])) for second in _TIMES]
    found.append(Row("NS_doublets", _doublets(network(seconds=1800, priming_rate=0.0))))
    for rate in _RATES:
        found.append(Row(f"NS_law_{_name(rate)}", max(_misfit(run, rate) for run in _runs(rate))))
    lowest, highest = np.inf, 0.0
    for rate in _ALL_RATES:
        before, left = (np.concatenate([part(run) for run in _some(rate)]) for part in (_before, _left))
        found.append(Row(f"NS_ignition_{_name(rate)}", float(before.mean())))
        found.append(Row(f"NS_left_{_name(rate)}", float(left.mean())))
        lowest, highest = min(lowest, float(before.min())), max(highest, float(before.max()))
    return [*found, Row("NS_ignition_lowest", lowest), Row("NS_ignition_highest", highest)]


def _name(rate: float) -> str:
    return f"{rate:g}".replace(".", "_")


def _some(rate: float) -> list[Run]:
    return _runs(rate) if rate in _RATES else [network(seconds=1800, priming_rate=rate)]


def figures() -> dict[str, Any]:
    """Return the store until the first burst with the law, and its course over an hour."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for rate, colour in zip(_RATES, ("C0", "C1", "C2"), strict=True):
        run = _runs(rate)[0]
        end = int(run.bursts.start[0] / 1000)
        time = np.arange(1, end + 1)
        left.plot(time / 60, run.store[:end], color=colour, label=f"{rate:g}/s")
        left.plot(time / 60, _law(run, rate, time), "--", color="black", linewidth=0.8)
    left.set(xlabel="suckling for (min)", ylabel="mean store (units)", title="Until the first burst; dashed: the law")
    left.legend(title="suckling", fontsize="small")
    run = _runs(0.5)[0]
    right.plot(np.arange(1, run.seconds + 1) / 60, run.store, color="C1")
    for start in run.bursts.start:
        right.axvline(start / 60_000, color="grey", linewidth=0.5)
    right.set(xlabel="suckling for (min)", title="Each burst empties the store", xlim=(0, 40))
    return {"network_store": figure}
