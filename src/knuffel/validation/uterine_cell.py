"""The uterine smooth-muscle cell: current clamp, voltage clamp, oxytocin, variants, and the integrator itself.

Every number that the cell is held against was computed once, independently, from the published equations (DOI
10.1371/journal.pone.0018685) with a stiff solver of a library; the part of oxytocin from our own. Nothing here was
tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.uterus.cell import layout
from knuffel.body.uterus.cell.parameters import MODELS, UterineCellParameters, packed
from knuffel.body.uterus.cell.protocols import CellTrace, Step, current_clamp, starting_state
from knuffel.body.uterus.cell.voltage_clamp import voltage_clamp
from knuffel.evidence.resolve import numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

NANO = 1e6
"""nM in one mM."""
DEFAULT = -0.25
EFFECTS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
CLAMPS = ((-80, -40), (-80, -20), (-80, 0), (-80, 20), (-80, 40), (-50, 0))
CLAMPED = ("CaL", "CaT", "K1", "K2", "KA", "BK")
_END, _SHORT, _ONSET = 60_000.0, 20_000.0, 60_000.0


@dataclass(frozen=True)
class _Change:
    """What differs from the usual step of 10 s and -0.25 pA/pF in a run of 20 s."""

    changes: Mapping[str, float]
    amplitude: float = DEFAULT
    duration: float = 10_000.0
    end: float = _SHORT


_BLOCKS: dict[str, tuple[str, tuple[float, ...]]] = {
    "gCaL": ("l_type_conductance", (0.06, 0.3, 0.45, 0.75)),
    "gCaT": ("t_type_conductance", (0.0,)),
    "gK1": ("k1_conductance", (0.26, 0.8)),
    "gKCa": ("bk_conductance", (0.0, 0.4, 1.6, 2.4)),
    "gCl": ("chloride_conductance", (0.0,)),
    "gh": ("h_conductance", (0.0,)),
    "gNa": ("sodium_conductance", (0.12,)),
    "gns": ("nonselective_conductance", (0.01599,)),
    "Ko": ("external_potassium", (10.0,)),
    "Cao": ("external_calcium", (1.0,)),
}
CHANGES = {
    **{f"amp_{size:g}": _Change({}, -size) for size in (0.1, 0.2, 0.3, 0.35, 0.5)},
    **{f"2s_{size:g}": _Change({}, -size, 2000.0) for size in (0.2, 0.25, 0.3, 0.4, 0.5, 1.0)},
    "20s_0.25": _Change({}, DEFAULT, 20_000.0, 30_000.0),
    **{f"{name}_{value:g}": _Change({field: value}) for name, (field, values) in _BLOCKS.items() for value in values},
}
"""The runs of the table of changes, by the name that their targets have."""


@lru_cache(maxsize=8)
def _parameters(model: str = "tong2011") -> UterineCellParameters:
    return numbers(UterineCellParameters, MODELS[model])


@lru_cache(maxsize=1)
def _default() -> CellTrace:
    return current_clamp(_parameters(), Step(DEFAULT), _END, sample=20)


@lru_cache(maxsize=64)
def _changed(name: str) -> CellTrace:
    change = CHANGES[name]
    cell = replace(_parameters(), **change.changes)
    return current_clamp(cell, Step(change.amplitude, duration=change.duration), change.end, sample=20)


@lru_cache(maxsize=2)
def _oxytocin(amplitude: float) -> CellTrace:
    """Return one cell for each of `EFFECTS`: oxytocin from the start, the step at 60 s, 90 s in all."""
    step = Step(amplitude, onset=_ONSET)
    return current_clamp(_parameters(), step, 1.5 * _ONSET, effect=np.array(EFFECTS), messenger=0, sample=20)


def _count(trace: CellTrace, cell: int = 0) -> float:
    return float(len(trace.spikes[cell]))


def _three(name: str, trace: CellTrace) -> list[Row]:
    """Return spikes, largest calcium and largest force of a run."""
    return [
        Row(f"UC_{name}_spikes", _count(trace)),
        Row(f"UC_{name}_calcium", float(trace.calcium_max[0]) * NANO),
        Row(f"UC_{name}_force", float(trace.force_max[0])),
    ]


def _rest_rows() -> list[Row]:
    from knuffel.body.uterus.cell.kernel import slopes

    start = starting_state(_parameters())[0]
    slope = slopes(start, 0.0, 0.0, packed(_parameters())[0])
    rest = current_clamp(_parameters(), None, _END)
    return [
        Row("UC_rate_potential", abs(float(slope[layout.V]))),
        Row("UC_rate_calcium", abs(float(slope[layout.CA]))),
        Row("UC_rest_potential", float(rest.potential[0, -1])),
        Row("UC_rest_calcium", float(rest.calcium[0, -1]) * NANO),
        Row("UC_rest_spikes", _count(rest)),
    ]


def _default_rows() -> list[Row]:
    trace = _default()
    found = [*_three("default", trace), Row("UC_default_potential_max", float(trace.potential_max[0]))]
    found.append(Row("UC_default_potential_min", float(trace.potential_min[0])))
    found += [Row(f"UC_default_spike_{place + 1}", float(time)) for place, time in enumerate(trace.spikes[0])]
    found.append(Row("UC_default_calcium_time", float(trace.calcium_max_time[0])))
    found.append(Row("UC_default_force_time", float(trace.force_max_time[0])))
    found.append(Row("UC_default_force_area", float(trace.force_area(0, _END)[0])))
    for second in (3, 6, 11, 20, 60):
        place = int(np.searchsorted(trace.time, 1000 * second))
        found.append(Row(f"UC_default_potential_{second}s", float(trace.potential[0, place])))
        found.append(Row(f"UC_default_calcium_{second}s", float(trace.calcium[0, place]) * NANO))
        found.append(Row(f"UC_default_force_{second}s", float(trace.force[0, place])))
    return found


def _change_rows() -> list[Row]:
    found = [row for name in CHANGES for row in _three(name, _changed(name))]
    found.append(Row("UC_gNa_0.12_potential_max", float(_changed("gNa_0.12").potential_max[0])))
    found.append(Row("UC_gCaT_0_force_end", float(_changed("gCaT_0").force[0, -1])))
    for name in ("gK1_0.26", "Ko_10"):
        found.append(Row(f"UC_{name}_block", float(_changed(name).potential[0, -1])))
    return found


def _clamp_rows() -> list[Row]:
    found = []
    for holding, potential in CLAMPS:
        seen = voltage_clamp(_parameters(), holding, potential, 400)
        for channel in CLAMPED:
            current, time = seen.peak(channel)
            name = f"UC_clamp_{-holding}_{potential}_{channel}"
            found.append(Row(name, current))
            if channel != "BK":  # it creeps towards a plateau: it has no peak
                found.append(Row(f"{name}_time", time))
    return found


def _oxytocin_rows() -> list[Row]:
    found = []
    for amplitude in (-0.2, DEFAULT):
        trace, name = _oxytocin(amplitude), f"{-amplitude:g}"
        area = trace.force_area(_ONSET, 1.5 * _ONSET)
        for cell, effect in enumerate(EFFECTS):
            found.append(Row(f"UC_G{effect:g}_{name}_spikes", _count(trace, cell)))
            found.append(Row(f"UC_G{effect:g}_{name}_force", float(trace.force_max[cell])))
            found.append(Row(f"UC_G{effect:g}_{name}_area", float(area[cell])))
        if amplitude != DEFAULT:
            found.append(Row("UC_area_increase", float(np.diff(area).min())))
    trace = _oxytocin(-0.2)
    before = trace.time < _ONSET
    for cell, effect in enumerate(EFFECTS):
        transient = trace.force[cell, before]
        found.append(Row(f"UC_G{effect:g}_transient", float(transient.max())))
        if effect:
            found.append(Row(f"UC_G{effect:g}_transient_time", float(trace.time[int(transient.argmax())]) / 1000))
        last = trace.states[cell, np.searchsorted(trace.time, _ONSET)]
        found.append(Row(f"UC_G{effect:g}_potential", float(last[layout.V])))
        found.append(Row(f"UC_G{effect:g}_calcium", float(last[layout.CA]) * NANO))
        found.append(Row(f"UC_G{effect:g}_store", float(last[layout.STORE])))
    return found


def _variant_rows() -> list[Row]:
    found = []
    for variant in ("tong2014", "roesler2024"):
        for amplitude in (DEFAULT, -0.3):
            trace, name = current_clamp(_parameters(variant), Step(amplitude), _SHORT), f"{variant}_{-amplitude:g}"
            found += _three(name, trace)
            found.append(Row(f"UC_{name}_potential_max", float(trace.potential_max[0])))
    return found


def reference(rtol: float = 1e-9, atol: float = 1e-11) -> npt.NDArray[np.float64]:
    """Return the states of the default step at the samples of `_default`, (sample, state), by LSODA of scipy."""
    from scipy.integrate import solve_ivp

    from knuffel.body.uterus.cell.kernel import slopes

    given, time = packed(_parameters())[0], _default().time
    absolute = np.full(layout.STATES, atol)
    absolute[layout.CA] *= 1e-3
    state, found = starting_state(_parameters())[0], []
    for begin, end, current in ((0, 1000, 0.0), (1000, 11_000, DEFAULT), (11_000, _END, 0.0)):
        inside = time[(time >= begin) & (time <= end)]

        def slope(_: float, y: Any, current: float = current) -> Any:
            return slopes(y, current, 0.0, given)

        solved = solve_ivp(slope, (begin, end), state, "LSODA", inside, rtol=rtol, atol=absolute)
        found.append(solved.y.T[:-1] if end < _END else solved.y.T)
        state = solved.y[:, -1]
    return np.concatenate(found)


def _solver_rows() -> list[Row]:
    known, own = reference(), _default().states[0]
    difference = own - known
    force = np.abs(difference[:, layout.W]).max() / np.ptp(known[:, layout.W])
    return [
        Row("UC_solver_potential", float(np.sqrt(np.mean(difference[:, layout.V] ** 2)))),
        Row("UC_solver_calcium", float(np.abs(difference[:, layout.CA] / known[:, layout.CA]).max())),
        Row("UC_solver_force", float(force)),
    ]


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/uterine_cell.toml`."""
    parts = (_rest_rows, _default_rows, _change_rows, _clamp_rows, _oxytocin_rows, _variant_rows, _solver_rows)
    return [row for part in parts for row in part()]


def figures() -> dict[str, Any]:
    """Return the usual step, force under oxytocin, stronger currents, and the currents of a voltage clamp."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.5), layout="constrained")
    potential, calcium, force, clamp, strength, oxytocin = figure.subplots(2, 3).ravel()
    trace = current_clamp(_parameters(), Step(DEFAULT), _SHORT, sample=2)
    seconds = trace.time / 1000
    potential.plot(seconds, trace.potential[0], linewidth=0.8)
    calcium.plot(seconds, trace.calcium[0] * NANO)
    force.plot(seconds, np.maximum(trace.force[0], 0))
    potential.set(title="10 s of -0.25 pA/pF", ylabel="potential (mV)")
    calcium.set(title="calcium climbs", ylabel="free calcium (nM)")
    force.set(title="force lags", ylabel="force (uN)")
    seen = voltage_clamp(_parameters(), -80, 0, 400)
    for channel in CLAMPED:
        clamp.plot(seen.time, seen.current[channel], label=channel, linewidth=1)
    clamp.set(title="voltage clamp, -80 to 0 mV", xlabel="time (ms)", ylabel="current (pA/pF)", xlim=(0, 400))
    for size in ("0.2", "0.3", "0.5"):
        other = _changed(f"amp_{size}")
        label = f"-{size} pA/pF, {len(other.spikes[0])} spikes"
        strength.plot(other.time / 1000, np.maximum(other.force[0], 0), label=label, linewidth=1)
    strength.set(title="stronger currents block spikes", ylabel="force (uN)")
    under = _oxytocin(-0.2)
    for cell in (0, 2, 3, 5):
        label = f"G = {EFFECTS[cell]:g}, {len(under.spikes[cell])} spikes"
        oxytocin.plot(under.time / 1000, np.maximum(under.force[cell], 0), label=label, linewidth=1)
    oxytocin.set(title="oxytocin, then 10 s of current", ylabel="force (uN)")
    for axes in (potential, calcium, force, strength, oxytocin):
        axes.set_xlabel("time (s)")
    for axes in (strength, oxytocin):
        axes.legend(fontsize="small", frameon=False)
    clamp.legend(fontsize="small", frameon=False, loc="lower right", ncols=2)
    return {"uterine_cell": figure}
