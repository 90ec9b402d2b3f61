"""Secretion for recorded spikes, without neurons, engine or plasma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from knuffel.body.contract import Events, Floats, Inputs, Ints, Subjects
from knuffel.body.secretion.terminal.component import TerminalSecretion
from knuffel.body.secretion.terminal.parameters import SecretionParameters, SecretionSettings
from knuffel.errors import DataError, Notice

__all__ = ["Secretion", "secrete"]


@dataclass(frozen=True)
class Secretion:
    """What one gland released: ``time`` end of each interval (ms), ``rate`` mean over it (pg/s), ``total`` (pg).

    ``store_fraction`` is the reserve left at the end; ``notices`` say what was changed in the spikes.
    """

    time: Ints
    rate: Floats
    total: float
    store_fraction: float
    notices: tuple[Notice, ...] = ()


def secrete(
    spike_times: Sequence[Any],
    parameters: SecretionParameters,
    duration: int,
    *,
    interval: int = 1000,
    mu_opioid_occupancy: float = 0,
    kappa_activity: float = 0,
    **structure: Any,
) -> Secretion:
    """Return the secretion of one gland for recorded spikes.

    ``spike_times`` holds one array a cell, in ms from the start, ascending; a spike belongs to the ms it falls in, and
    a second spike of a cell in the same ms is dropped with a notice. ``duration`` and ``interval`` are in ms. Opioids
    (0 to 1) act throughout. ``structure`` are choices of `SecretionSettings`: synthesis, calcium_exponent, and so on.
    Raises `DataError` when times are not finite, negative, not ascending, or not before the end, or when a level of
    opioids is not a share.

    >>> # secrete([[100.0, 180.0], [250.0]], parameters, duration=60_000).total
    """
    if duration <= 0 or interval <= 0:
        raise DataError(f"duration ({duration} ms) and interval ({interval} ms) have to be above 0")
    for name, level in (("mu_opioid_occupancy", mu_opioid_occupancy), ("kappa_activity", kappa_activity)):
        if not 0 <= level <= 1:
            raise DataError(f"{name} is {level}; it has to be at least 0 and at most 1")
    modulation = (np.array([mu_opioid_occupancy], dtype=np.float64), np.array([kappa_activity], dtype=np.float64))
    cells = max(len(spike_times), 1)
    times, owners, dropped = [], [], 0
    for cell, column in enumerate(spike_times):
        exact = np.asarray(column, dtype=np.float64)
        if not np.isfinite(exact).all() or (exact < 0).any() or (np.diff(exact) < 0).any() or (exact >= duration).any():
            raise DataError(f"spikes of cell {cell}: times have to ascend and lie within 0 … {duration} ms")
        whole = np.unique(exact.astype(np.int64))
        dropped += len(exact) - len(whole)
        times.append(whole)
        owners.append(np.full(len(whole), cell, dtype=np.int64))
    time = np.concatenate(times) if times else np.zeros(0, dtype=np.int64)
    owner = np.concatenate(owners) if owners else np.zeros(0, dtype=np.int64)
    order = np.lexsort((owner, time))
    time, owner = time[order], owner[order]
    part = TerminalSecretion(parameters, SecretionSettings(species="rat", cells=cells, **structure))
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(), _no_draws)
    begins = np.arange(0, duration, interval)
    ends = np.minimum(begins + interval, duration)
    amounts = np.zeros(len(begins))
    edges = np.searchsorted(time, np.append(begins, duration))
    for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        chosen = slice(edges[place], edges[place + 1])
        events = Events(time[chosen], np.zeros(chosen.stop - chosen.start, dtype=np.int64), owner[chosen])
        amounts[place] = part.release(state, events, int(begin), int(end - begin), *modulation)[0]
    notices = (Notice("double_spikes", f"{dropped} spikes in the same ms as another were dropped"),) if dropped else ()
    left = float(part.store_fraction(state)[0])
    return Secretion(ends, amounts / ((ends - begins) / 1000), float(amounts.sum()), left, notices)


def _no_draws(purpose: str) -> Any:
    raise AssertionError(f"secretion draws no random numbers ({purpose})")
