"""The Hodgkin-Huxley oxytocin neuron: rates, intervals, afterpotentials and blocked channels.

Two columns of numbers. What the conductance model of DOI 10.1371/journal.pone.0180368 does, and what was recorded in
supraoptic neurons (PubMed 4087038): ``reported``. What our own set of channels gave when it was made, computed once,
independently, in runs of 1000 s: ``unit``. Cells are independent and equal; 64 of them run 16 s, longer where intervals
or counts are looked at, after 4 s of settling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis import spikes
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.neurons.hodgkin_huxley import HodgkinHuxleyOxytocin
from knuffel.body.neurons.hodgkin_huxley.current_clamp import Trace, current_clamp, pulses
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.validation.cells import Recording
from knuffel.validation.drive import numbers
from knuffel.validation.row import Row

__all__ = ["figures", "record", "rows"]

CELLS, SECONDS, LONG = 64, 16, 64
EPSC = (774, 600, 400)
"""EPSCs per second."""
SIZES = {1: 2920, 2: 1294, 4: 526}
"""EPSP size (mV) -> EPSCs per second; the standard size is 3 mV."""
TIMES = {1.1: 2685, 2.2: 1220, 4.4: 567}
"""Time constant of the synaptic current (ms) -> EPSCs per second."""
CURRENTS = (3.4, 4.0, 4.5, 5.0)
"""Constant currents (uA/cm2)."""
Changes = Mapping[str, float]
NOTHING: Changes = {}
NO_BK: Changes = {"bk_conductance": 0.0}
NO_SK: Changes = {"sk_conductance": 0.0}
FAST_BK: Changes = {"bk_fall_time": 1.22}
MATCHED = 370
"""EPSCs per second at which a cell with SK fires as one without SK does at 300."""

_STEP, _SETTLE, _STANDARD = 1000, 4, 3
_PULSE, _BEFORE, _APART = 50, 100, 50
"""Current of a pulse (uA/cm2), ms before the first, ms from one to the next."""
_AFTER_TRAIN = 3000


def record(psp_rate: float, seconds: int = SECONDS, changes: Changes = NOTHING, cells: int = CELLS) -> Recording:
    """Run cells of the set hh-oxytocin at an EPSC rate (Hz), with changed parameters; spikes after 4 s of settling."""
    return _recorded(psp_rate, seconds, cells, tuple(changes.items()))


@cache
def _recorded(psp_rate: float, seconds: int, cells: int, changes: tuple[tuple[str, float], ...]) -> Recording:
    kind = HodgkinHuxleyOxytocin
    part = kind(replace(_parameters(), psp_rate=psp_rate, **dict(changes)), kind.Settings(cells=cells))
    streams = Streams(1, kind.room)
    inputs = Inputs({port.name: (np.full(1, port.default),) * 2 for port in kind.inputs})
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), inputs, streams)
    found = [
        part.advance(state, inputs, begin, _STEP, streams)["neurons.spike"]
        for begin in range(-_SETTLE * _STEP, seconds * _STEP, _STEP)
    ][_SETTLE:]
    time, cell = (np.concatenate([getattr(events, name) for events in found]) for name in ("time", "index"))
    return Recording(time, cell, cells, seconds, psp_rate)


@lru_cache(maxsize=1)
def _parameters() -> Any:
    return numbers(HodgkinHuxleyOxytocin.Parameters, "hh-oxytocin")


def _steady(current: float) -> Recording:
    """One cell under a constant current; without noise all cells are equal."""
    return record(0, 2 * SECONDS, {"applied_current": current}, cells=1)


def _sized(size: int) -> Recording:
    return record(SIZES[size], changes={"synaptic_current": _parameters().synaptic_current * size / _STANDARD})


def _variation(recording: Recording) -> float:
    return spikes.coefficient_of_variation(recording.intervals)


def _mode(recording: Recording) -> float:
    return spikes.interval_mode(*spikes.interval_histogram(recording.intervals))


def _shortest(recording: Recording) -> float:
    """Return the interval (ms) as short as which there is one in 1000 s: steadier than the shortest of one such run."""
    rank = recording.cells * recording.seconds // 1000
    return float(np.sort(recording.intervals)[rank - 1])


def _dispersion(recording: Recording, width: int = 10) -> float:
    """Return variance over mean of the counts in bins of ``width`` s, over the bins of all cells together."""
    bins = recording.seconds // width
    whole = recording.time < bins * width * _STEP
    place = recording.cell[whole] * bins + recording.time[whole] // (width * _STEP)
    counts = np.bincount(place, minlength=recording.cells * bins)
    return float(counts.var() / counts.mean())


@lru_cache(maxsize=16)
def _clamped(count: int, after: int, changes: tuple[tuple[str, float], ...] = ()) -> Trace:
    """Return the trace of a resting cell that gets ``count`` pulses of 1 ms, 50 ms apart."""
    current = pulses(_PULSE, 1, count=count, interval=_APART, before=_BEFORE, after=after)
    return current_clamp(replace(_parameters(), **dict(changes)), current)


def _after_last(trace: Trace) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the time (ms) since the peak of the last spike, and the potential (mV) from that before the first."""
    last = trace.time >= trace.spikes[-1]
    peak = int(np.argmax(np.where(last, trace.potential, -np.inf)))
    rest = trace.potential[trace.time < _BEFORE][-1]
    return trace.time[peak:] - trace.time[peak], trace.potential[peak:] - rest


def _half_time(time: npt.NDArray[np.float64], depth: npt.NDArray[np.float64]) -> float:
    """Return when half of the deepest point is left (ms)."""
    deepest = int(np.argmin(depth))
    return float(time[deepest:][np.argmax(depth[deepest:] > depth[deepest] / 2)])


def _hap() -> tuple[float, float, float, float]:
    """Return of the HAP of one spike at rest: mV at 10 ms, half-time, deepest point, time constant (ms)."""
    from scipy.optimize import curve_fit

    time, depth = _after_last(_clamped(1, 300))
    fitted = (time > time[np.argmin(depth)] + 2) & (time < 60)

    def curve(t: Any, size: float, tau: float, left: float) -> Any:
        return size * np.exp(-t / tau) + left

    (_, tau, _), _ = curve_fit(curve, time[fitted], depth[fitted], p0=(-5, 10, -1))
    return float(np.interp(10, time, depth)), _half_time(time, depth), float(depth.min()), float(tau)


def _ahp(count: int, changes: Changes = NOTHING) -> tuple[float, float]:
    """Return the AHP after spikes at 20 Hz: mV at 100 ms, and the time (s) to half of its deepest point."""
    time, depth = _after_last(_clamped(count, _AFTER_TRAIN, tuple(changes.items())))
    return float(np.interp(100, time, depth)), _half_time(time, depth) / 1000


def _membrane_time_constant() -> float:
    """Return the time (ms) to 63 % of the answer to a small step of current."""
    trace = current_clamp(_parameters(), pulses(-0.5, 100))
    answer = (trace.potential - trace.potential[0]) / (trace.potential[-1] - trace.potential[0])
    return float(np.interp(1 - np.exp(-1), answer, trace.time - trace.time[0]))


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/hodgkin_huxley.toml`."""
    rate = {psp: record(psp, LONG if psp > 500 else SECONDS).rate for psp in EPSC}
    size = {mv: _sized(mv).rate for mv in SIZES}
    tau = {ms: record(psp, changes={"synaptic_time_constant": ms}).rate for ms, psp in TIMES.items()}
    found = [Row(f"HH_rate_{psp}", value) for psp, value in rate.items()]
    found += [Row(f"HH_published_{psp}", rate[psp]) for psp in EPSC[:2]]
    for name, values in (("epsp", size), ("tau", tau)):
        found += [Row(f"HH_{name}_{key}", value) for key, value in values.items()]
        found += [Row(f"HH_published_{name}_{key}", value) for key, value in values.items()]
    found += [Row(f"HH_mode_{psp}", _mode(record(psp, LONG))) for psp in EPSC[:2]]
    found.append(Row("HH_silent_current", _steady(CURRENTS[0]).rate))
    found += [Row(f"HH_current_{step}", _STEP / _steady(step).intervals.mean()) for step in CURRENTS[1:]]
    found.append(Row("HH_current_variation", _variation(_steady(CURRENTS[-1]))))
    at_10_ms, half, deepest, decay = _hap()
    found += [Row("HH_hap_10_ms", at_10_ms), Row("HH_hap_half_time", half)]
    found += [Row("HH_published_hap", deepest), Row("HH_published_hap_decay", decay)]
    found.append(Row("HH_published_membrane_time_constant", _membrane_time_constant()))
    usual, fast, without = (record(EPSC[1], LONG, changes) for changes in (NOTHING, FAST_BK, NO_BK))
    found += [Row("HH_variation", _variation(usual)), Row("HH_shortest", _shortest(usual))]
    found += [Row("HH_fast_bk_variation", _variation(fast)), Row("HH_fast_bk_shortest", _shortest(fast))]
    found.append(Row("HH_no_bk_shortest", _shortest(without)))
    apamin, matched = record(300, LONG, NO_SK), record(MATCHED, LONG)
    found += [Row("HH_no_sk_rate", apamin.rate), Row("HH_no_sk_dispersion", _dispersion(apamin))]
    found.append(Row("HH_dispersion", _dispersion(matched), f"at {matched.rate:.2f} spikes/s"))
    at_100_ms, half = _ahp(20)
    found += [Row("HH_ahp_100_ms", at_100_ms), Row("HH_ahp_half_time", half)]
    found.append(Row("HH_published_ahp_growth", at_100_ms / _ahp(5)[0]))
    found.append(Row("HH_no_sk_ahp", _ahp(20, NO_SK)[0]))
    return found


def figures() -> dict[str, Any]:
    """Return afterpotentials, interval histograms with and without BK and SK, and rate against current and EPSPs."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 6.5), layout="constrained")
    hap, ahp, current, bk, sk, synaptic = figure.subplots(2, 3).ravel()
    _draw_hap(hap)
    _draw_ahp(ahp)
    _draw_rates(current, synaptic)
    for label in ("control", "BK blocked", "BK closes in 1.22 ms"):
        _draw_intervals(bk, record(EPSC[1], LONG, _CONDITIONS[label]), label, longest=400)
    for label, psp_rate in (("control", MATCHED), ("SK blocked", 300)):
        _draw_intervals(sk, record(psp_rate, LONG, _CONDITIONS[label]), label, longest=2000, width=20)
    for axes in (hap, ahp, bk, sk):
        axes.legend(fontsize="small", frameon=False, loc="upper right")
    published = synaptic.lines[-2]
    synaptic.legend(handles=[published], fontsize="small", frameon=False, loc="lower right")
    return {"hodgkin_huxley": figure}


_CONDITIONS = {
    "control": NOTHING,
    "BK blocked": NO_BK,
    "SK blocked": NO_SK,
    "BK closes in 1.22 ms": FAST_BK,
}
_COLOUR = {name: f"C{place}" for place, name in enumerate(_CONDITIONS)}


def _draw_hap(axes: Any) -> None:
    for label in ("BK blocked", "SK blocked", "control"):
        time, depth = _after_last(_clamped(1, 300, tuple(_CONDITIONS[label].items())))
        axes.plot(time, depth, label=label, color=_COLOUR[label])
    _checked(axes, 10, load.targets()["HH_hap_10_ms"].published)
    axes.set(xlim=(0, 120), ylim=(-10, 5), title="HAP after one spike", xlabel="time after the peak (ms)")
    axes.set_ylabel("potential from rest (mV)")


def _draw_ahp(axes: Any) -> None:
    for label in ("SK blocked", "control"):
        trace = _clamped(20, _AFTER_TRAIN, tuple(_CONDITIONS[label].items()))
        time = (trace.time - trace.spikes[-1]) / 1000
        axes.plot(time, trace.potential, label=label, color=_COLOUR[label], linewidth=0.8)
    _checked(axes, 0.1, _parameters().leak_reversal + load.targets()["HH_ahp_100_ms"].published)
    axes.set(xlim=(-1.1, 2), ylim=(-85, -60), title="AHP after 20 spikes at 20 Hz", ylabel="potential (mV)")
    axes.set_xlabel("time after the last spike (s)")


def _draw_rates(current: Any, synaptic: Any) -> None:
    """Draw firing rate against constant current and against EPSPs."""
    steps, psp_rates, few = [3 + place / 2 for place in range(9)], range(200, 801, 100), CELLS // 4
    for label in ("BK blocked", "SK blocked", "control"):
        changes, colour = _CONDITIONS[label], _COLOUR[label]
        steady = [record(0, SECONDS, {"applied_current": step, **changes}, 1).rate for step in steps]
        current.plot(steps, steady, color=colour)
        driven = [record(rate, SECONDS, changes, few).rate for rate in psp_rates]
        synaptic.plot(psp_rates, driven, color=colour)
    known = load.targets()
    _checked(current, CURRENTS[1:], [known[f"HH_current_{step}"].published for step in CURRENTS[1:]])
    published = [known[f"HH_published_{rate}"].published for rate in EPSC[:2]]
    synaptic.plot(EPSC[:2], published, "s", color="grey", label="published, another model")
    _checked(synaptic, EPSC, [known[f"HH_rate_{rate}"].published for rate in EPSC])
    current.set(title="constant current: regular firing", xlabel="current (uA/cm2)")
    synaptic.set(title="EPSPs of 3 mV: irregular firing", xlabel="EPSPs/s")
    for axes in (current, synaptic):
        axes.set(ylim=(0, 20), ylabel="spikes/s")


def _draw_intervals(axes: Any, recording: Recording, label: str, *, longest: float, width: float = 5) -> None:
    left, contents = spikes.interval_histogram(recording.intervals, width, longest)
    name = f"{label}, {recording.rate:.1f} spikes/s"
    axes.step(left, contents, where="post", label=name, color=_COLOUR[label])
    axes.set(title="interspike intervals", xlabel="interspike interval (ms)", ylabel=f"per 10 000 and {width:g} ms")
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.3 * contents.max()))


def _checked(axes: Any, x: Any, y: Any) -> None:
    axes.plot(x, y, "o", color="black", markersize=4, label="computed beforehand")
