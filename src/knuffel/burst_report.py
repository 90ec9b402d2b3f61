"""Bursts of a finished run or a recording: what ``knuffel bursts`` prints and draws."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts import (
    Background,
    NetworkBursts,
    background,
    burst_rows,
    burst_text,
    cell_bursts,
    network_bursts,
    profile,
    spikes_of,
)
from knuffel.errors import DataError, Notice
from knuffel.recordings import read_recording
from knuffel.report.texts import texts
from knuffel.result import Result

__all__ = ["FoundBursts", "find_bursts"]

_BIN = 50.0  # ms
_CONFIG = "zarr.json"


@dataclass(frozen=True, eq=False)
class FoundBursts:
    """Spikes (``time`` in ms, ``cell``), the bursts of the network, and what lies between them."""

    source: str
    time: npt.NDArray[np.float64]
    cell: npt.NDArray[np.int64]
    cells: int
    duration: float
    bursts: NetworkBursts
    between: Background
    notices: tuple[Notice, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as data for JSON; numbers that do not exist are None."""
        intervals = self.bursts.intervals / 1000
        return {
            "source": self.source,
            "cells": self.cells,
            "duration_s": self.duration / 1000,
            "bursts": burst_rows(self.bursts),
            "mean_interval_s": float(intervals.mean()) if len(intervals) else None,
            "background_rate_per_s": _number(self.between.rate),
            "background_mode_ms": _number(self.between.mode),
            "warnings": [str(notice) for notice in self.notices],
        }

    def text(self) -> str:
        """Return the table of bursts, and a line about what lies between them."""
        facts = self.as_dict()
        interval, rate, mode = (
            facts[name] for name in ("mean_interval_s", "background_rate_per_s", "background_mode_ms")
        )
        parts = [f"{len(self.bursts)} bursts of {self.cells} cells in {self.duration / 60_000:.4g} min"]
        parts += [] if interval is None else [f"mean interval {interval:.4g} s"]
        parts += [] if rate is None else [f"between bursts {rate:.3g} spikes/s"]
        parts += [] if mode is None else [f"mode of the intervals {mode:.3g} ms"]
        return f"{burst_text(self.bursts)}\n\n{'; '.join(parts)}"

    def figure(self, path: str | os.PathLike[str], *, lang: str = "en") -> None:
        """Write rate, one burst, the mean burst and intervals. Raises as `report.draw` does."""
        from knuffel.report.burst_figures import four_panels
        from knuffel.report.figure import write_figure

        around = profile(self.time, self.cell, self.cells, self.bursts, width=_BIN)
        drawn = four_panels(self.time, self.cell, self.cells, self.bursts, around, texts(lang), self.source)
        write_figure(drawn, Path(path))


def find_bursts(source: str, *, unit: str | None = None, subject: int = 1) -> FoundBursts:
    """Return the bursts of a result directory, or of a recording of several cells.

    Raises `DataError` for a result without spikes, a subject that is not in it, and what `read_recording` refuses.
    """
    path = Path(source)
    notices: tuple[Notice, ...] = ()
    if path.is_dir() and any(path.glob(f"**/{_CONFIG}")):
        if unit is not None:
            raise DataError(f"{source}: --unit belongs to a file of spike times; a result knows its own")
        run = Result.open(path)
        people = len(run.attributes.get("subject_index", [0]))
        if not 1 <= subject <= people:
            raise DataError(f"{source}: --subject is {subject}; this result has 1 to {people}")
        time, cell, cells = spikes_of(run.recorded, subject - 1)
        duration = run.duration * 1000
    else:
        recording = read_recording(path, unit=unit)
        notices = tuple(recording.notices)
        time, cell = recording.flat()
        cells, duration = len(recording.cells), recording.duration
    found = network_bursts(cell_bursts(time, cell, max(cells, 1)), max(cells, 1))
    if not duration > 0:
        raise DataError(f"{source}: there is nothing to look at: the record has no length")
    between = background(time, cell, max(cells, 1), duration, found)
    return FoundBursts(source, time, cell, cells, duration, found, between, notices)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
