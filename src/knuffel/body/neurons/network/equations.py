"""Equations of the network, in numpy: the twin of `kernel`, with equal bits.

One millisecond, all neurons at once, because they meet in the bundles of the millisecond before only:

1. s <- s + 1 (ms since the last spike).
2. A(c) = 1 - F c^4/(c^4 + c_half^4) in each bundle; each dendrite gets Poisson arrivals at A(c) times the full rate.
   The sum over the two dendrites of a neuron is again Poisson, so one count of each kind is drawn for a neuron.
3. v <- (1 - 1/tau_m) v + v_rest/tau_m + a_E (v_E - v) n_E - a_I (v - v_I) n_I.
4. g <- min((1 - 1/tau_g) g + q o, g_max) in each bundle; G is the mean of the two bundles of a neuron.
5. f <- (1 - 1/tau_f) f; T = T_0 + H exp(-s/tau_H) + K f^4/(f^4 + f_half^4) - G.
6. v > T is a spike: f <- f + 1, v <- v_rest, the interval is noted, a release is pending.
7. A release is due when s > delta: k_r r from each dendrite if the interval was shorter than tau_rel, else nothing.
8. r <- (1 - 1/tau_r) r + I_su - release. In each bundle o is what was released, c <- (1 - 1/tau_c) c + e o.

The dendrites of a neuron start alike and are primed alike, so they have one store r; g belongs to the bundle, because
all neurons that oxytocin excites have the same q.

Source: code of Rossoni (rosencode/oxynet), after DOI 10.1371/journal.pcbi.1000123.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, Ints
from knuffel.engine.random import philox4x32

__all__ = [
    "FLUSH_EVERY",
    "LONGEST",
    "MOST_COUNTS",
    "POLYNOMIAL",
    "RECIPROCALS",
    "TINY",
    "advance_network",
    "constants",
    "hap_table",
]

LONGEST = 10_000
"""ms since the last spike are counted up to here."""

FLUSH_EVERY, TINY = 1024, 1e-200
"""Every so many ms of the clock, what has decayed below is set to zero: denormal numbers are a hundred times slower."""

MOST_COUNTS = 40
RECIPROCALS = 1 / np.arange(1.0, MOST_COUNTS + 2)
POLYNOMIAL = 14
"""Terms of exp(-x) for x from 0 to 1: what is left out is below the resolution of a 32-bit word."""

_WORD, _CENTRE = 2.0**-32, 2.0**31 + 0.5


def constants(parameters: Any, integrator: str, store_ceiling: bool) -> Floats:
    """Return what the loop needs of the parameters, float64 (20, subject), or (20, 1) when subjects do not differ.

    Rows: what is left of v after 1 ms, and what rest adds; v_E, v_I, a_E, a_I; what is left of f; K, f_half^4, T_0,
    v_rest; what is left of g; g_max; what is left of r, its ceiling; what is left of c; e, F, c_half^4; tau_rel.
    """
    p = parameters

    def left(time_constant: Any) -> Any:
        return np.exp(-1 / np.asarray(time_constant)) if integrator == "exp" else 1 - 1 / np.asarray(time_constant)

    membrane = left(p.membrane_time_constant)
    rows = [
        membrane,
        (1 - membrane) * p.resting_potential,
        p.excitatory_reversal,
        p.inhibitory_reversal,
        p.excitatory_step,
        p.inhibitory_step,
        left(p.ahp_time_constant),
        p.ahp_limit,
        np.asarray(p.ahp_half_count, dtype=np.float64) ** 4,
        p.threshold,
        p.resting_potential,
        left(p.local_oxytocin_time_constant),
        p.oxytocin_excitation_limit,
        left(p.dendritic_store_time_constant),
        p.dendritic_store_limit if store_ceiling else np.inf,
        left(p.endocannabinoid_time_constant),
        p.endocannabinoid_step,
        p.endocannabinoid_limit,
        np.asarray(p.endocannabinoid_half_effect, dtype=np.float64) ** 4,
        p.dendritic_release_interval,
        p.dendritic_release_delay,
    ]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def hap_table(parameters: Any) -> Floats:
    """Return H exp(-s/tau_H) for s = 0 … LONGEST ms, (subject, s), or (1, s) when subjects do not differ."""
    size, tau = np.broadcast_arrays(np.atleast_1d(parameters.hap_size), np.atleast_1d(parameters.hap_time_constant))
    return np.ascontiguousarray(size[:, None] * np.exp(-np.arange(LONGEST + 1.0) / tau[:, None]))


def _exp_of_minus(x: Floats) -> Floats:
    """Return exp(-x) for x from 0 to 1, as a polynomial: equal bits wherever it is computed."""
    value: Floats = 1 - x * RECIPROCALS[POLYNOMIAL - 1]
    for place in range(POLYNOMIAL - 2, -1, -1):
        value = 1 - x * RECIPROCALS[place] * value
    return value


def _counts(words: npt.NDArray[np.uint32], mean: Floats, none: Floats) -> Floats:
    """Return Poisson counts by inversion; ``none`` is the probability of no arrival."""
    u = (words.view(np.int32).astype(np.float64) + _CENTRE) * _WORD
    term, below = none, none
    count = np.zeros(len(u))
    for place in range(MOST_COUNTS):
        more = u >= below
        if not more.any():
            break
        count += more
        term = term * mean * RECIPROCALS[place]
        below = below + term
    return count


def advance_network(
    t: int,
    steps: int,
    key: tuple[int, int],
    subject_index: Ints,
    drive: Floats,
    priming: Floats,
    neurons: tuple[Any, ...],
    bundles: tuple[Any, ...],
    graph: npt.NDArray[np.uint32],
    sensitive: Floats,
    table: Floats,
    hap: Floats,
) -> Ints:
    """Move all subjects from ``t`` over ``steps`` ms in place.

    Return spikes as (subject * steps + ms) * cells + neuron.

    ``drive`` (5, subject): expected excitatory and inhibitory arrivals per ms and dendrite, q (mV), k_r, units of
    oxytocin that reach each bundle per ms from outside; ``priming`` (subject, neuron) units per ms; ``neurons`` the
    arrays v, f, r, s, last interval, pending of `NetworkState`, ``bundles`` its g, o, c; ``graph`` (2, neuron);
    ``sensitive`` (neuron) 1, or 0 without oxytocin receptors; ``table`` of `constants`, ``hap`` of `hap_table`.
    """
    cells = graph.shape[1]
    neuron = np.arange(cells)
    found = []
    for row in range(len(subject_index)):
        own, rise = table[:, row if table.shape[1] > 1 else 0], hap[row if len(hap) > 1 else 0]
        spikes = _advance_one(
            t, steps, key, int(subject_index[row]), drive[:, row], priming[row],
            [array[row] for array in neurons], [array[row] for array in bundles], graph, sensitive, own, rise,
        )  # fmt: skip
        found += [(row * steps + ms) * cells + neuron[fired] for ms, fired in spikes]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _advance_one(
    t: int,
    steps: int,
    key: tuple[int, int],
    subject: int,
    drive: Floats,
    priming: Floats,
    neurons: list[Any],
    bundles: list[Any],
    graph: npt.NDArray[np.uint32],
    sensitive: Floats,
    own: Floats,
    rise: Floats,
) -> list[tuple[int, npt.NDArray[np.bool_]]]:
    """Move one subject; return the ms with spikes and which neurons fired."""
    left_v, add_v, v_e, v_i, a_e, a_i, left_f, ahp, f_half, t_0, rest = own[:11]
    left_g, g_max, left_r, ceiling, left_c, step_c, limit_c, c_half, shortest, delay = own[11:]
    v, f, r, since, last, pending = neurons
    g, o, c = bundles
    excitation, inhibition, q, share, outside = drive
    first, second = graph
    spikes = []
    for ms in range(steps):
        now = t + ms
        if now % FLUSH_EVERY == 0:
            for array in (f, r, g, c):
                array[np.abs(array) < TINY] = 0.0
        words = philox4x32((now >> 1) & 0xFFFFFFFF, 0, np.arange(len(v)), subject & 0xFFFFFFFF, key)
        since[:] = np.minimum(since + 1, LONGEST)
        fourth = (c * c) * (c * c)
        open_ = 1 - limit_c * fourth / (fourth + c_half)
        counts = []
        for kind, rate in enumerate((excitation, inhibition)):
            expected = rate * open_
            none = _exp_of_minus(expected)
            mean, silent = expected[first] + expected[second], none[first] * none[second]
            counts.append(_counts(words[2 * (now & 1) + kind], mean, silent))
        kick = a_e * (v_e - v) * counts[0] - a_i * (v - v_i) * counts[1]
        v[:] = left_v * v + add_v + kick
        g[:] = np.minimum(left_g * g + q * o, g_max)
        f[:] = f * left_f
        fourth = (f * f) * (f * f)
        threshold = t_0 + rise[since] + ahp * fourth / (fourth + f_half) - sensitive * (0.5 * (g[first] + g[second]))
        fired = v > threshold
        if fired.any():
            f[fired] += 1
            v[fired] = rest
            last[fired] = since[fired]
            since[fired] = 0
            pending[fired] = 1
            spikes.append((ms, fired))
        due = (pending == 1) & (since > delay)
        pending[due] = 0
        release = np.where(due & (last < shortest), share * r, 0.0)
        r[:] = np.minimum(left_r * r + priming, ceiling) - release
        o[:] = outside
        amounts = release[release > 0]
        np.add.at(o, graph[:, release > 0].T.ravel(), np.repeat(amounts, 2))
        c[:] = left_c * c + step_c * o
    return spikes
