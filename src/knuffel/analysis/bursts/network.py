"""Bursts of a network: bursts of its cells that begin together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knuffel.analysis.bursts.cells import CellBursts
from knuffel.analysis.bursts.definitions import Definitions, Floats, Ints, definitions

__all__ = ["NetworkBursts", "network_bursts"]

_EARLY, _LATE = 0.05, 0.95


@dataclass(frozen=True, eq=False)
class NetworkBursts:
    """Bursts of the network in order, arrays of shape (burst,); times in ms, medians over the bursts of the cells.

    ``start`` first onset, ``end`` last spike, ``participants`` cells that take part and their share ``participation``,
    ``onset_spread`` from the 5th to the 95th of 100 onsets, ``spikes``, ``duration``, ``peak_rate`` (1/s), ``silence``.
    """

    start: Floats
    end: Floats
    participants: Ints
    participation: Floats
    onset_spread: Floats
    spikes: Floats
    duration: Floats
    peak_rate: Floats
    silence: Floats

    def __len__(self) -> int:
        return len(self.start)

    @property
    def intervals(self) -> Floats:
        """From one start to the next (ms)."""
        return np.diff(self.start)


def network_bursts(bursts: CellBursts, cell_count: int, rules: Definitions | None = None) -> NetworkBursts:
    """Return the bursts of a network of ``cell_count`` cells, from those of its cells."""
    rules = rules or definitions()
    edges = np.flatnonzero(np.diff(bursts.start) >= rules.longest_gap) + 1
    rows = []
    for chosen in np.split(np.arange(len(bursts)), edges) if len(bursts) else []:
        taking = len(np.unique(bursts.cell[chosen]))
        if taking < rules.fewest_share * cell_count:
            continue
        early, late = np.quantile(bursts.start[chosen], [_EARLY, _LATE])
        silence = bursts.silence[chosen]
        rows.append(
            (
                bursts.start[chosen[0]],
                bursts.end[chosen].max(),
                taking,
                taking / cell_count,
                late - early,
                np.median(bursts.spikes[chosen]),
                np.median(bursts.duration[chosen]),
                np.median(bursts.peak_rate[chosen]),
                np.median(silence[np.isfinite(silence)]) if np.isfinite(silence).any() else np.nan,
            )
        )
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 9)
    start, end, taking_part, *rest = table.T
    return NetworkBursts(start, end, taking_part.astype(np.int64), *rest)
