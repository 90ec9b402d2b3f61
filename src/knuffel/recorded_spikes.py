"""A recording of spikes described by its statistics, alone or beside a model: what ``knuffel spikes`` prints and draws.

A model is a scenario, run as it stands, or a parameter set of `if-oxytocin`, whose PSP rate is moved until its cells
fire as fast as the recorded ones; what is left to compare is then the pattern.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from knuffel.analysis.spikes import FitScore, SpikeStatistics, fit_score, statistics
from knuffel.errors import Notice, ParameterError, nearest
from knuffel.recordings import Recording
from knuffel.report.texts import texts

__all__ = ["SpikeComparison", "compare", "model_sets"]

_FEWEST = 10  # spikes, below which a rate is no aim for a model
_SHORTEST, _LONGEST = 60, 1000  # s of model cells that stand beside a recording
_OFF = 0.05  # share by which the rate of the model may miss that of the recording without a notice
_SCALE = (1000, 10_000)  # ms, bin widths of the dispersion in the table

Progress = Callable[[float, float], None]


@dataclass(frozen=True, eq=False)
class SpikeComparison:
    """Statistics of a recording and, if one was asked for, of a model, with the score between them.

    ``psp_rate`` (Hz) is that of a parameter set after it was moved. ``score`` is None without a model, and where there
    are too few spikes for one.
    """

    recording: Recording
    statistics: SpikeStatistics
    model_name: str | None = None
    model: SpikeStatistics | None = None
    psp_rate: float | None = None
    score: FitScore | None = None
    notices: tuple[Notice, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as data for JSON; numbers that do not exist are None."""
        model = None
        if self.model is not None:
            model = {"name": self.model_name, "psp_rate": self.psp_rate, "statistics": self.model.as_dict()}
        return {
            "file": self.recording.file,
            "unit": self.recording.unit,
            "cells": list(self.recording.cells),
            "statistics": self.statistics.as_dict(),
            "model": model,
            "fit_score": None if self.score is None else asdict(self.score),
            "warnings": [str(notice) for notice in self.notices],
        }

    def text(self, lang: str = "en") -> str:
        """Return the statistics as a table for a terminal, with ``-`` for what does not exist."""
        words = texts(lang)

        def shown(*values: float) -> str:
            return words("spike_range").join(words.number(value, 3) for value in values) if _known(values) else "-"

        columns = [self.statistics, *([self.model] if self.model is not None else [])]
        rows = [["", words("spike_recording"), *([str(self.model_name)] if self.model is not None else [])]]
        for item in _rows():
            label = words(item.word, width=words.number(item.width / 1000)) if item.width else words(item.word)
            rows.append([label, *(shown(*item.of(column)) for column in columns)])
        if self.psp_rate is not None:
            rows.append([words("spike_row_psp"), "", shown(self.psp_rate)])
        if self.model is not None:
            rows.append([words("spike_row_score"), "", "-" if self.score is None else shown(self.score.total)])
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = [
            row[0].ljust(widths[0]) + "".join("  " + cell.rjust(widths[1 + n]) for n, cell in enumerate(row[1:]))
            for row in rows
        ]
        return "\n".join([words("spike_file", file=Path(self.recording.file).name), *map(str.rstrip, lines)])

    def figure(self, path: str | os.PathLike[str], *, lang: str = "en") -> None:
        """Write the four-panel figure, with the model over the recording (.png, .svg or .pdf)."""
        from knuffel.report.figure import write_figure
        from knuffel.report.spike_figures import four_panels

        label = Path(self.recording.file).name
        if len(self.recording.cells) == 1 and self.recording.cells[0] != Path(self.recording.file).stem:
            label += f", {self.recording.cells[0]}"
        drawn = four_panels(
            self.statistics, model=self.model, recording_label=label, model_label=self.model_name, lang=lang
        )
        write_figure(drawn, Path(path))


def compare(recording: Recording, model: str | None = None, *, progress: Progress | None = None) -> SpikeComparison:
    """Return the statistics of all cells of a recording taken together, and of a model beside them.

    ``model`` is a scenario (file or bundled name) or a parameter set. Raises `ParameterError` for a name that is
    neither, a scenario without spikes, and a rate that the set does not reach; `ScenarioError`.
    """
    time, cell = recording.flat()
    described = statistics(time, cell, duration=recording.duration, cell_count=max(len(recording.cells), 1))
    found = SpikeComparison(recording, described, notices=recording.notices)
    if len(recording.cells) > 1:
        shown = ", ".join(recording.cells[:8]) + (", …" if len(recording.cells) > 8 else "")
        found = _noted(found, "cells_together", f"{len(recording.cells)} cells are taken together: {shown}")
    if model is None:
        return found
    found = _beside_set(found, model) if model in model_sets() else _beside_scenario(found, model, progress)
    assert found.model is not None
    if min(described.spikes, found.model.spikes) < _FEWEST:
        return _noted(found, "no_score", f"no fit score: it takes at least {_FEWEST} spikes")
    try:
        return replace(found, score=fit_score(found.statistics, found.model))
    except ParameterError as error:
        return _noted(found, "no_score", f"no fit score: {error}")


def model_sets() -> tuple[str, ...]:
    """Return the parameter sets that can stand beside a recording: those of whole cells of `if-oxytocin`."""
    from dataclasses import fields

    from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
    from knuffel.evidence import load

    sets = load.sets()
    known = {field.metadata.get("id") for field in fields(IntegrateAndFireOxytocin.Parameters)}

    def neurons(name: str) -> set[str]:
        return {key for key in sets[name].parameters if key.startswith("neurons.")}

    whole = neurons(IntegrateAndFireOxytocin.default_sets[0])
    return tuple(sorted(name for name in sets if whole <= neurons(name) <= known))


def _noted(found: SpikeComparison, code: str, text: str) -> SpikeComparison:
    return replace(found, notices=(*found.notices, Notice(code, text, found.recording.file)))


def _beside_set(found: SpikeComparison, name: str) -> SpikeComparison:
    from knuffel.validation import cells

    aim = found.statistics
    seconds = min(max(round(aim.duration / 1000), _SHORTEST), _LONGEST)
    if aim.spikes < _FEWEST:
        made = cells.record(name, None, seconds)
        found = _noted(found, "rate_not_matched", f"too few spikes for a rate: {name} runs at its own PSP rate")
    else:
        made = cells.at_rate(name, aim.rate, seconds)
        if abs(made.rate / aim.rate - 1) > _OFF:
            text = f"{name} fires at {made.rate:.3g} spikes/s where the recorded cells fire at {aim.rate:.3g}"
            found = _noted(found, "rate_not_matched", text)
    described = statistics(made.time, made.cell, duration=seconds * 1000, cell_count=made.cells)
    return replace(found, model_name=name, model=described, psp_rate=made.psp_rate)


def _beside_scenario(found: SpikeComparison, name: str, progress: Progress | None) -> SpikeComparison:
    import numpy as np

    from knuffel.scenario import bundled, load_scenario
    from knuffel.simulation import simulate

    looks_like_path = os.sep in name or name.endswith((".yaml", ".yml")) or Path(name).is_file()
    if not looks_like_path and name not in bundled():
        names = (*bundled(), *model_sets())
        near = nearest(name, names)
        hint = f"; did you mean {near!r}?" if near else ""
        allowed = f"a scenario file, a bundled scenario ({', '.join(bundled())}), a set ({', '.join(model_sets())})"
        raise ParameterError(f"model: found {name!r}; allowed: {allowed}{hint}")
    scenario = load_scenario(name, ["observe.record.spikes=true"])
    result = simulate(scenario, progress=progress)
    kept = result.recorded.variables
    if "neurons.spike.time" not in kept:
        raise ParameterError(f"model: the scenario {scenario.name} has no spikes; allowed: one whose neurons run")
    spikes = {part: np.asarray(kept[f"neurons.spike.{part}"].data) for part in ("time", "subject", "index")}
    count = int(result.attributes["cells"])
    described = statistics(
        spikes["time"],
        spikes["subject"] * count + spikes["index"],
        duration=scenario.duration,
        cell_count=count * scenario.subject.count,
    )
    notices = (*found.notices, *result.notices)
    return replace(found, model_name=scenario.name, model=described, notices=notices)


@dataclass(frozen=True)
class _Row:
    """A line of the table: its word, where the numbers stand, and the width of the bin that they are of (ms)."""

    word: str
    of: Callable[[SpikeStatistics], tuple[float, ...]]
    width: float = 0.0


def _known(values: tuple[float, ...]) -> bool:
    return all(isfinite(value) for value in values)


def _dispersion(width: float) -> Callable[[SpikeStatistics], tuple[float, ...]]:
    return lambda item: tuple(float(value) for value in item.dispersion[item.dispersion_bins == width])


def _rows() -> list[_Row]:
    return [
        _Row("spike_row_cells", lambda item: (item.cells,)),
        _Row("spike_row_spikes", lambda item: (item.spikes,)),
        _Row("spike_row_duration", lambda item: (item.duration / 1000,)),
        _Row("spike_row_rate", lambda item: (item.rate,)),
        _Row("spike_row_rate_interval", lambda item: item.rate_interval),
        _Row("spike_row_interval", lambda item: (item.interval_mean,)),
        _Row("spike_row_mode", lambda item: (item.interval_mode,)),
        _Row("spike_row_cv", lambda item: (item.interval_cv,)),
        _Row("spike_row_cv2", lambda item: (item.interval_cv2,)),
        *(_Row("spike_row_dispersion", _dispersion(width), width) for width in _SCALE),
    ]
