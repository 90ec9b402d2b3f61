"""Equations of the integrate-and-fire oxytocin neuron, on arrays; the numpy twin of `kernel`.

One millisecond: net synaptic count n from one random word; psp <- psp d_m + a n; HAP, AHP, DAP decay; a spike when
psp - HAP - AHP + DAP exceeds V_th - V_rest and the absolute refractory period is over; a spike adds k_H, k_A, k_D.
Equal order of operations and equal float32 rounding give the bits of the kernel. With ``precision=numpy.float64`` the
same draws run in double precision, to check that float32 loses nothing that matters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.engine.random import philox4x32

__all__ = [
    "LONGEST_PAUSE",
    "CountTables",
    "advance_lanes",
    "constants",
    "count_tables",
    "decay_factor",
    "draw_counts",
    "draw_words",
    "psp_mean",
    "psp_variance",
    "smallest_half_life",
]

_FLUSH_STEPS = 32
_TINY = np.float32(1e-20)

LONGEST_PAUSE = 2**16
"""Milliseconds since the last spike are counted up to here; only the refractory period reads them."""


def decay_factor(half_life: Any, form: str) -> Any:
    """Return what is left after one ms for a half-life in ms.

    ``fitted`` is the forward-Euler factor 1 - ln 2/half-life with which the published parameters were fitted;
    ``exact`` is 2**(-1/half-life).
    """
    return 1 - math.log(2) / half_life if form == "fitted" else np.exp(-math.log(2) / np.asarray(half_life))


def smallest_half_life(form: str) -> float:
    """Return the half-life (ms) at and below which the decay of one ms has no meaning in this form."""
    return math.log(2) if form == "fitted" else 0.0


def psp_mean(size: float, excitation: float, inhibition: float, half_life: float) -> float:
    """Return the mean of psp (mV) for rates in Hz and a half-life in ms, in continuous time."""
    return size * (excitation - inhibition) / 1000 * half_life / math.log(2)


def psp_variance(size: float, excitation: float, inhibition: float, half_life: float) -> float:
    """Return the variance of psp (mV squared) for rates in Hz and a half-life in ms, in continuous time."""
    return size**2 * (excitation + inhibition) / 1000 * half_life / math.log(2) / 2


def constants(parameters: Any, form: str) -> npt.NDArray[np.float32]:
    """Return what the loop needs of the parameters, float32 (10, subject), or (10, 1) when subjects do not differ.

    Rows: what is left after one ms of psp, HAP, AHP, DAP; PSP size; threshold above rest; HAP, AHP, DAP steps (mV);
    refractory period (ms). ``form`` is that of `decay_factor`.
    """
    p = parameters
    half_lives = (p.psp_half_life, p.hap_half_life, p.ahp_half_life, p.dap_half_life)
    rows = [decay_factor(half_life, form) for half_life in half_lives]
    rows += [p.psp_size, p.threshold - p.resting_potential, p.hap_size, p.ahp_size, p.dap_size, p.refractory_period]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float32)) for row in rows]))


@dataclass(frozen=True)
class CountTables:
    """Thresholds for the net synaptic counts: one row per distinct pair of rates (see `synaptic_counts`)."""

    group: npt.NDArray[np.int32]
    table: npt.NDArray[np.int32]
    low: npt.NDArray[np.int32]
    used: npt.NDArray[np.int32]
    central: npt.NDArray[np.int16]
    least: npt.NDArray[np.int16]

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """Return the arrays in the order in which the kernel takes them."""
        return self.group, self.table, self.low, self.used, self.central, self.least


def count_tables(excitation: Any, inhibition: Any, fill: Any = None) -> CountTables:
    """Return the tables for expected arrivals per ms, arrays of shape (lane,). ``fill`` may be the compiled version."""
    from knuffel.body.neurons.integrate_and_fire.synaptic_counts import CENTRAL, fill_tables, reach

    excitation, inhibition = np.asarray(excitation, dtype=np.float64), np.asarray(inhibition, dtype=np.float64)
    lanes = len(excitation)
    change = (excitation[1:] != excitation[:-1]) | (inhibition[1:] != inhibition[:-1])
    rows, span = 1 + int(np.count_nonzero(change)), reach(float(np.max(excitation + inhibition)))
    group, low, used = (np.zeros(size, dtype=np.int32) for size in (lanes, rows, rows))
    table, central = np.zeros((rows, 2 * span + 1), dtype=np.int32), np.zeros((rows, CENTRAL), dtype=np.int16)
    least = np.zeros(rows, dtype=np.int16)
    (fill or fill_tables)(excitation, inhibition, span, group, table, low, used, central, least)
    return CountTables(group, table[:, : max(int(used.max()), 1)].copy(), low, used, central, least)


def draw_words(now: int, neuron: Any, subject: Any, key: tuple[int, int]) -> npt.NDArray[np.int32]:
    """Return the signed 32-bit word of every lane for ms ``now``: upper half from draw 0 of its block, lower from 1."""
    from knuffel.body.neurons.integrate_and_fire.synaptic_counts import BLOCK  # loads numba where it is present

    place, halves = now % BLOCK, []
    for draw in (0, 1):
        word = philox4x32((now // BLOCK) & 0xFFFFFFFF, draw, neuron, subject, key)[place % 4]
        halves.append(word & np.uint32(0xFFFF) if place < 4 else word >> np.uint32(16))
    words: npt.NDArray[np.int32] = (halves[0] << np.uint32(16) | halves[1]).view(np.int32)
    return words


def draw_counts(word: npt.NDArray[np.int32], tables: CountTables) -> npt.NDArray[np.int32]:
    """Return the net counts of one ms for one signed word per lane."""
    below = word[:, None] > tables.table[tables.group]
    below &= np.arange(tables.table.shape[1]) < tables.used[tables.group, None]
    counts: npt.NDArray[np.int32] = tables.low[tables.group] + below.sum(axis=1, dtype=np.int32)
    return counts


def advance_lanes(
    t: int,
    steps: int,
    key: tuple[int, int],
    cells: int,
    subject_index: npt.NDArray[np.int64],
    states: Sequence[npt.NDArray[Any]],
    table: npt.NDArray[Any],
    tables: CountTables,
    precision: Any = np.float32,
) -> npt.NDArray[np.int64]:
    """Move every lane from ``t`` over ``steps`` ms in place; return spikes as (subject * steps + ms) * cells + neuron.

    ``states`` are psp, HAP, AHP, DAP (mV) and ms since the last spike, each (lane,). ``table`` is that of
    `constants`.
    """
    lane = np.arange(len(states[0]))
    subject, neuron = lane // cells, lane % cells
    column = subject if table.shape[1] > 1 else 0 * subject
    dm, dh, da, dd, size, gap, kh, ka, kd, pause = table[:, column].astype(precision)
    psp, hap, ahp, dap, since = (state.astype(precision) for state in states)
    zero, one, longest = precision(0), precision(1), precision(LONGEST_PAUSE)
    found: list[npt.NDArray[np.int64]] = []
    for ms in range(steps):
        now = t + ms
        if now % _FLUSH_STEPS == 0:
            psp, hap, ahp, dap = (np.where(np.abs(term) > _TINY, term, zero) for term in (psp, hap, ahp, dap))
        word = draw_words(now, neuron, subject_index[subject] & 0xFFFFFFFF, key)
        psp = psp * dm + size * draw_counts(word, tables).astype(precision)
        hap, ahp, dap = hap * dh, ahp * da, dap * dd
        since = np.minimum(since + one, longest)
        fires = ((psp - gap) + dap > hap + ahp) & (since >= pause)
        x = fires.astype(precision)
        hap, ahp, dap, since = hap + kh * x, ahp + ka * x, dap + kd * x, since * (one - x)
        if fires.any():
            hit = lane[fires]
            found.append((hit // cells * steps + ms) * cells + hit % cells)
    for given, value in zip(states, (psp, hap, ahp, dap, since), strict=True):
        given[...] = value
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
