"""The bursts of a finished run, or of any record, as rows for people and programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from knuffel.analysis.bursts.cells import cell_bursts
from knuffel.analysis.bursts.definitions import Definitions, Floats, Ints
from knuffel.analysis.bursts.network import NetworkBursts, network_bursts
from knuffel.engine.store import Recorded
from knuffel.errors import DataError
from knuffel.evidence.tables import text_table

__all__ = ["burst_rows", "burst_text", "bursts_of", "spikes_of"]


def spikes_of(recorded: Recorded, subject: int = 0) -> tuple[Floats, Ints, int]:
    """Return times (ms), cells and number of cells of one subject (row) of a run. Raises `DataError` without spikes."""
    if "neurons.spike.time" not in recorded.variables:
        raise DataError("this run holds no spikes: observe.record.spikes was off, or no neurons ran")
    time, row, cell = (np.asarray(recorded.variables[f"neurons.spike.{name}"].data[...]) for name in _COLUMNS)
    mine = row == subject
    count = int(recorded.attributes.get("cells") or 0) or 1 + int(cell[mine].max(initial=0))
    return time[mine].astype(np.float64), cell[mine].astype(np.int64), count


def bursts_of(recorded: Recorded, subject: int = 0, rules: Definitions | None = None) -> NetworkBursts:
    """Return the bursts of the neurons of one subject (row) of a finished run. Raises `DataError` without spikes."""
    time, cell, count = spikes_of(recorded, subject)
    return network_bursts(cell_bursts(time, cell, count, rules), count, rules)


_COLUMNS = ("time", "subject", "index")


def burst_rows(bursts: NetworkBursts) -> list[dict[str, Any]]:
    """Return one row for each burst: plain data, times in s, numbers that do not exist None."""
    return [
        {
            "start_s": bursts.start[place] / 1000,
            "interval_s": (bursts.start[place] - bursts.start[place - 1]) / 1000 if place else None,
            "participation": float(bursts.participation[place]),
            "onset_spread_s": bursts.onset_spread[place] / 1000,
            "spikes": float(bursts.spikes[place]),
            "duration_s": bursts.duration[place] / 1000,
            "peak_rate_per_s": float(bursts.peak_rate[place]),
            "silence_s": float(bursts.silence[place] / 1000) if np.isfinite(bursts.silence[place]) else None,
        }
        for place in range(len(bursts))
    ]


def burst_text(bursts: NetworkBursts) -> str:
    """Return the rows as a table for the shell."""
    rows = burst_rows(bursts)
    if not rows:
        return "no bursts of the network"
    return text_table(tuple(rows[0]), [tuple(_shown(name, row) for name in row) for row in rows])


def _shown(name: str, row: Mapping[str, Any]) -> str:
    return "" if row[name] is None else f"{row[name]:.4g}"
