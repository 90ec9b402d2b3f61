"""Equations of the network with the companion cell: plain Python on scalars, compiled by `kernel` line for line.

One millisecond of a neuron: psp <- psp d_m + a (n_E - n_I); HAP and AHP decay; a spike when
psp - HAP - AHP + G exceeds V_th - V_rest and the absolute refractory period is over. A spike adds its step to HAP and
AHP. G, the fall of the threshold through oxytocin, the release from the dendrites, and what endocannabinoid takes from
the input, are those of the network `rossoni-2008` (its `equations`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, Ints
from knuffel.body.neurons.draws import philox, poisson

__all__ = ["LONGEST", "advance_networks", "constants"]

LONGEST = 10_000
"""ms since the last spike are counted up to here."""

_FLUSH_EVERY = 1024
_TINY = 1e-200


def constants(parameters: Any, integrator: str, store_ceiling: bool) -> Floats:
    """Return what the loop needs, float64 (18, subject), or (18, 1) when subjects do not differ.

    Rows: what is left after 1 ms of psp, HAP, AHP; PSP size; threshold above rest; HAP and AHP steps; refractory
    period; what is left of G, its limit; what is left of the store, its ceiling; what is left of endocannabinoid, its
    step, limit and half effect to the fourth; longest releasing interval, delay of release.
    """
    p = parameters

    def left(rate: Any) -> Any:
        return np.exp(-np.asarray(rate)) if integrator == "exp" else 1 - np.asarray(rate)

    rows = [left(math.log(2) / np.asarray(half)) for half in (p.psp_half_life, p.hap_half_life, p.ahp_half_life)]
    rows += [p.psp_size, p.threshold - np.asarray(p.resting_potential), p.hap_size, p.ahp_size, p.refractory_period]
    rows += [left(1 / np.asarray(p.local_oxytocin_time_constant)), p.oxytocin_excitation_limit]
    rows += [left(1 / np.asarray(p.dendritic_store_time_constant))]
    rows += [p.dendritic_store_limit if store_ceiling else np.inf]
    rows += [left(1 / np.asarray(p.endocannabinoid_time_constant)), p.endocannabinoid_step, p.endocannabinoid_limit]
    rows += [np.asarray(p.endocannabinoid_half_effect, dtype=np.float64) ** 4]
    rows += [p.dendritic_release_interval, p.dendritic_release_delay]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def advance_networks(
    begin: int,
    end: int,
    t: int,
    steps: int,
    k0: Any,
    k1: Any,
    subject_index: Ints,
    drive: Floats,
    priming: Floats,
    neurons: tuple[Any, ...],
    bundles: tuple[Any, ...],
    graph: npt.NDArray[np.uint32],
    sensitive: Floats,
    table: Floats,
) -> Ints:
    """Move subjects ``begin`` to ``end`` - 1 from ``t`` over ``steps`` ms in place.

    Return spikes as (subject * steps + ms) * cells + neuron. ``drive``, ``priming``, ``graph`` and ``sensitive`` as in
    the network; ``neurons`` psp, HAP, AHP, store, since, last interval, pending; ``bundles`` G, released,
    endocannabinoid; ``table`` of `constants`.
    """
    psps, haps, ahps, stores, sinces, lasts, pendings = neurons
    falls, outs, cannabinoids = bundles
    cells, count = graph.shape[1], falls.shape[1]
    spikes = np.empty(1024, dtype=np.int64)
    found = 0
    open_ = np.zeros(count)
    summed = np.zeros(count)
    for row in range(begin, end):
        own = table[:, row if table.shape[1] > 1 else 0]
        left_psp, left_hap, left_ahp, size, gap = own[0], own[1], own[2], own[3], own[4]
        step_hap, step_ahp, pause, left_fall, most = own[5], own[6], own[7], own[8], own[9]
        left_store, ceiling, left_c, step_c, limit_c = own[10], own[11], own[12], own[13], own[14]
        half_c, shortest, delay = own[15], own[16], own[17]
        excitation, inhibition, q = drive[0, row], drive[1, row], drive[2, row]
        share, outside = drive[3, row], drive[4, row]
        for ms in range(steps):
            now = t + ms
            flush = now % _FLUSH_EVERY == 0
            for b in range(count):
                if flush:
                    falls[row, b] = falls[row, b] if falls[row, b] > _TINY else 0.0
                    cannabinoids[row, b] = cannabinoids[row, b] if cannabinoids[row, b] > _TINY else 0.0
                falls[row, b] = min(left_fall * falls[row, b] + q * outs[row, b], most)
                squared = cannabinoids[row, b] * cannabinoids[row, b]
                fourth = squared * squared
                open_[b] = 1 - limit_c * fourth / (fourth + half_c)
                summed[b] = 0.0
            for i in range(cells):
                one, other = graph[0, i], graph[1, i]
                through = open_[one] + open_[other]
                first, second, _, _ = philox(now & 0xFFFFFFFF, 0, i, subject_index[row], k0, k1)
                net = poisson(first, excitation * through) - poisson(second, inhibition * through)
                hap, ahp, store = haps[row, i], ahps[row, i], stores[row, i]
                if flush:
                    hap = hap if hap > _TINY else 0.0
                    ahp = ahp if ahp > _TINY else 0.0
                    store = store if store > _TINY else 0.0
                psp = psps[row, i] * left_psp + size * net
                hap *= left_hap
                ahp *= left_ahp
                since = min(sinces[row, i] + 1, LONGEST)
                fall = sensitive[i] * (0.5 * (falls[row, one] + falls[row, other]))
                if psp - hap - ahp + fall > gap and since >= pause:
                    hap += step_hap
                    ahp += step_ahp
                    lasts[row, i] = since
                    since = 0
                    pendings[row, i] = 1
                    if found == len(spikes):
                        longer = np.empty(2 * found, dtype=np.int64)
                        longer[:found] = spikes
                        spikes = longer
                    spikes[found] = (row * steps + ms) * cells + i
                    found += 1
                release = 0.0
                if pendings[row, i] == 1 and since > delay:
                    pendings[row, i] = 0
                    if lasts[row, i] < shortest:
                        release = share * store
                        summed[one] += release
                        summed[other] += release
                stores[row, i] = min(left_store * store + priming[row, i], ceiling) - release
                psps[row, i], haps[row, i], ahps[row, i], sinces[row, i] = psp, hap, ahp, since
            for b in range(count):
                outs[row, b] = outside + summed[b]
                cannabinoids[row, b] = left_c * cannabinoids[row, b] + step_c * outs[row, b]
    return spikes[:found]
