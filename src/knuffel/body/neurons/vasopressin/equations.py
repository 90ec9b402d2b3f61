"""Equations of the phasic vasopressin neuron: plain Python on scalars, one cell at a time; `kernel` compiles it.

One millisecond: Poisson arrivals n_E and n_I; psp <- psp d_m + a (n_E - n_I); HAP, AHP, slow AHP and DAP decay, as do
calcium above rest C and dynorphin D; the potassium leak is I = g (1 - tanh((C - D)/k_a)); a spike when
psp - HAP - AHP - slow AHP + DAP - I exceeds V_th - V_rest and the absolute refractory period is over. A spike adds its
step to each term. Calcium turns the leak off and so lifts the cell; dynorphin, slower, undoes that and ends the phase.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats
from knuffel.body.neurons.draws import philox, poisson

__all__ = ["advance_cells", "constants", "decay_factor"]

_FLUSH_STEPS = 64
_TINY = 1e-60


def decay_factor(half_life: Any) -> Any:
    """Return what is left after one ms for a half-life in ms: forward Euler, as in the code of the authors."""
    return 1 - math.log(2) / half_life


def constants(parameters: Any) -> Floats:
    """Return what the loop needs of the parameters, float64 (15, subject), or (15, 1) when subjects do not differ.

    Rows: what is left after one ms of psp, HAP, AHP, slow AHP, DAP, calcium; PSP size; threshold above rest; HAP, AHP,
    slow AHP, DAP and dynorphin steps; slope of the leak; refractory period (ms).
    """
    p = parameters
    half_lives = (p.psp_half_life, p.hap_half_life, p.ahp_half_life, p.slow_ahp_half_life, p.dap_half_life)
    rows = [decay_factor(half_life) for half_life in (*half_lives, p.calcium_half_life)]
    rows += [p.psp_size, p.threshold - p.resting_potential, p.hap_size, p.ahp_size, p.slow_ahp_size, p.dap_size]
    rows += [p.dynorphin_step, p.potassium_leak_slope, p.refractory_period]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def advance_cells(
    t: int,
    steps: int,
    k0: Any,
    k1: Any,
    cells: int,
    subject_index: npt.NDArray[np.int64],
    excitation: Floats,
    inhibition: Floats,
    state: Floats,
    own: Floats,
    table: Floats,
) -> npt.NDArray[np.int64]:
    """Move every cell from ``t`` over ``steps`` ms in place; return spikes as (subject * steps + ms) * cells + neuron.

    ``k0``, ``k1`` key words (uint64); ``excitation`` and ``inhibition`` expected arrivals per ms (lane, subject by
    subject); ``state`` (8, lane): psp, HAP, AHP, slow AHP, DAP (mV), calcium above rest, dynorphin, ms since the last
    spike; ``own`` (3, lane): calcium step, leak (mV), what is left of dynorphin after one ms; ``table`` of `constants`.
    """
    spikes = np.empty(1024, dtype=np.int64)
    found = 0
    for lane in range(state.shape[1]):
        who = lane // cells
        neuron = lane - who * cells
        row = who if table.shape[1] > 1 else 0
        left_psp, left_hap, left_ahp, left_slow = table[0, row], table[1, row], table[2, row], table[3, row]
        left_dap, left_calcium, size, gap = table[4, row], table[5, row], table[6, row], table[7, row]
        step_hap, step_ahp, step_slow, step_dap = table[8, row], table[9, row], table[10, row], table[11, row]
        step_dynorphin, slope, pause = table[12, row], table[13, row], table[14, row]
        step_calcium, leak, left_dynorphin = own[0, lane], own[1, lane], own[2, lane]
        psp, hap, ahp, slow = state[0, lane], state[1, lane], state[2, lane], state[3, lane]
        dap, calcium, dynorphin, since = state[4, lane], state[5, lane], state[6, lane], state[7, lane]
        for ms in range(steps):
            now = t + ms
            if now % _FLUSH_STEPS == 0:  # numbers that have decayed to nothing are slow
                psp = psp if abs(psp) > _TINY else 0.0
                hap = hap if hap > _TINY else 0.0
                ahp = ahp if ahp > _TINY else 0.0
                slow = slow if slow > _TINY else 0.0
                dap = dap if dap > _TINY else 0.0
                calcium = calcium if calcium > _TINY else 0.0
                dynorphin = dynorphin if dynorphin > _TINY else 0.0
            first, second, _, _ = philox(now & 0xFFFFFFFF, 0, neuron, subject_index[who], k0, k1)
            net = poisson(first, excitation[lane]) - poisson(second, inhibition[lane])
            psp = psp * left_psp + size * net
            hap *= left_hap
            ahp *= left_ahp
            slow *= left_slow
            dap *= left_dap
            calcium *= left_calcium
            dynorphin *= left_dynorphin
            since += 1
            current = leak * (1 - math.tanh((calcium - dynorphin) / slope))
            if psp - hap - ahp - slow + dap - current > gap and since >= pause:
                since = 0.0
                hap += step_hap
                ahp += step_ahp
                slow += step_slow
                dap += step_dap
                calcium += step_calcium
                dynorphin += step_dynorphin
                if found == len(spikes):
                    longer = np.empty(2 * found, dtype=np.int64)
                    longer[:found] = spikes
                    spikes = longer
                spikes[found] = (who * steps + ms) * cells + neuron
                found += 1
        state[0, lane], state[1, lane], state[2, lane], state[3, lane] = psp, hap, ahp, slow
        state[4, lane], state[5, lane], state[6, lane], state[7, lane] = dap, calcium, dynorphin, since
    return spikes[:found]
