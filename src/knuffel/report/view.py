"""What the panels read from a result: the time axis, levels, and thinned curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from knuffel.analysis.interventions import Intervention, induction, interventions, prescriptions
from knuffel.engine.store import Recorded
from knuffel.errors import Notice
from knuffel.evidence import load
from knuffel.report.texts import Texts
from knuffel.scenario.times import clock_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "MOST_PEOPLE",
    "PUMP_RATE",
    "Drawer",
    "Finished",
    "View",
    "assay_name",
    "drugs_given",
    "envelope",
    "outline",
    "pump_steps",
    "prescription_name",
    "stimulus_name",
]

Floats = npt.NDArray[np.float64]

Drawer = Callable[["Axes", "View"], None]
"""What draws a panel."""

MOST_PEOPLE = 20
"""Subjects who are drawn one by one."""

PUMP_RATE = "pump.rate"

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_CURVE_BINS = 2000
_SPIKE_BLOCK = 2**20
_MAP_BINS = 600
_UNITS = ((5 * 86400, "days", 86400), (3 * 3600, "hours", 3600), (-1, "minutes", 60))
"""Durations in seconds above which the axis of time is in a unit, its name, and its seconds."""


class Finished(Protocol):
    """What a report needs of a finished run; `knuffel.result.Result` is one."""

    @property
    def recorded(self) -> Recorded:
        """Return the arrays."""
        ...

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Return the provenance."""
        ...

    @property
    def duration(self) -> float:
        """Return the length of the run in s."""
        ...

    @property
    def content_hash(self) -> str:
        """Return the hash over all numbers."""
        ...

    @property
    def notices(self) -> Sequence[Notice]:
        """Return the warnings."""
        ...

    def summary(self) -> Mapping[str, Mapping[str, Any]]:
        """Return name -> {value, unit, evidence}."""
        ...


class View:
    """A result as a figure sees it: times in the unit of the axis, variables by name."""

    def __init__(self, result: Finished, texts: Texts) -> None:
        self.result, self.texts = result, texts
        self.variables, self.attributes = result.recorded.variables, result.attributes
        name, self.per_unit = next(item[1:] for item in _UNITS if result.duration > item[0])
        self.unit = texts(name)
        self.end = result.duration / self.per_unit
        self.done: list[Intervention] = interventions(self.attributes) + prescriptions(self.attributes)
        self.subjects = len(self.attributes.get("subject_index", [0]))
        self.shown = range(min(self.subjects, MOST_PEOPLE))
        self.time = self.axis(np.asarray(self.variables["time"].data[...]))
        self._quantiles: dict[str, Floats] = {}
        pumped = induction(self.attributes)
        if pumped is not None and self.subjects == 1 and self.has(PUMP_RATE):
            self.done[self.done.index(pumped)] = replace(pumped, steps=pump_steps(result.recorded))

    def has(self, name: str) -> bool:
        """Tell whether a variable was recorded."""
        return name in self.variables

    def axis(self, milliseconds: Any) -> Any:
        """Return times in the unit of the axis."""
        return np.asarray(milliseconds) / (1000 * self.per_unit)

    def axis_label(self) -> str:
        """Return the label of the time axis."""
        clock = clock_text(int(self.attributes.get("start_clock", 0)))
        return self.texts("time_axis", unit=self.unit, clock=clock)

    def grade(self, port: str) -> str:
        """Return the evidence grade of a port."""
        return str(self.attributes.get("evidence", {}).get(port, ""))

    def level(self, name: str) -> Floats:
        """Return a variable of shape (subject, time)."""
        return np.asarray(self.variables[name].data[...], dtype=np.float64)

    def band(self, name: str) -> tuple[Floats, Floats, Floats]:
        """Return the median over subjects, and what 5 and 95 % of them stay below, of shape (time,)."""
        low, _, middle, _, high = self._spread(name)
        return middle, low, high

    def inner_band(self, name: str) -> tuple[Floats, Floats]:
        """Return what 25 and 75 % of the subjects stay below, of shape (time,)."""
        _, low, _, high, _ = self._spread(name)
        return low, high

    def _spread(self, name: str) -> Floats:
        """Return the quantiles over subjects, of shape (5, time); the same curve five times for one subject."""
        if name not in self._quantiles:
            values = self.level(name)
            alone = np.broadcast_to(values[0], (len(_QUANTILES), values.shape[1]))
            self._quantiles[name] = alone if self.subjects == 1 else np.quantile(values, _QUANTILES, axis=0)
        return self._quantiles[name]

    def people(self, name: str) -> Floats:
        """Return the curves of the first subjects, of shape (subject, time)."""
        return np.asarray(self.variables[name].data[: len(self.shown)], dtype=np.float64)

    def cells(self) -> int:
        """Return how many neurons fired or could have fired, as far as the record tells."""
        told = int(self.attributes.get("cells") or 0)
        return told or 1 + max((int(np.max(piece[1], initial=-1)) for piece in self.spike_blocks()), default=-1)

    def spike_blocks(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Yield times (ms) and neurons of the first subject's spikes, block by block."""
        time, subject, index = (self.variables[f"neurons.spike.{name}"].data for name in ("time", "subject", "index"))
        for start in range(0, int(time.shape[0]), _SPIKE_BLOCK):
            cut = slice(start, start + _SPIKE_BLOCK)
            mine = np.asarray(subject[cut]) == 0
            yield np.asarray(time[cut])[mine], np.asarray(index[cut])[mine]

    def firing_map(self, cells: int) -> Floats:
        """Return the rates (Hz) of the first ``cells`` neurons in equal pieces of time, (cell, piece)."""
        counts = np.zeros((cells, _MAP_BINS))
        length = max(self.result.duration * 1000 / _MAP_BINS, 1e-9)
        for time, neuron in self.spike_blocks():
            piece = np.minimum((time / length).astype(np.int64), _MAP_BINS - 1)
            np.add.at(counts, (neuron[neuron < cells], piece[neuron < cells]), 1)
        return counts / (length / 1000)


_BATH = {f"receptors.{name}_concentration" for name in ("atosiban", "barusiban", "retosiban", "epelsiban", "l_368899")}
"""Drugs that are there at a given concentration."""


def drugs_given(facts: Mapping[str, Any]) -> bool:
    """Whether a result, by its provenance, is about drugs: doses, an induction, or stimuli that are drugs."""
    bath = (item for item in facts.get("parameters", ()) if str(item["id"]) in _BATH)
    given = facts.get("doses") or facts.get("protocol") or any(item["value"] for item in bath)
    return bool(given) or any(item["kind"] in load.drugs() for item in facts.get("stimuli", ()))


def pump_steps(recorded: Recorded) -> tuple[tuple[int, int, float], ...]:
    """Return what the pump of the first subject did, as (start ms, end ms, pg/s), as fine as the record."""
    time = np.asarray(recorded.variables["time"].data[...])
    rate = np.asarray(recorded.variables[PUMP_RATE].data[0, 1:], dtype=np.float64)  # each held since the row before
    if not len(rate):
        return ()
    turns = np.flatnonzero(np.diff(rate)) + 1
    bounds = [0, *turns.tolist(), len(rate)]
    steps = ((int(time[begin]), int(time[end]), float(rate[begin])) for begin, end in pairwise(bounds))
    return tuple(step for step in steps if step[2] > 0)


def stimulus_name(kind: str, texts: Texts) -> str:
    """Return what a stimulus is called: by its evidence entry, or as a protocol of the laboratory."""
    profile = load.stimuli().get(kind)
    titles = getattr(profile, "title", None) or {}
    return str(titles.get(texts.lang) or texts.choice("kinds", kind)).replace("_", " ")


def prescription_name(port: str, texts: Texts) -> str:
    """Return what a prescribed port is called, with the room it belongs to."""
    room, _, quantity = port.partition(".")
    what = texts.choice("signals", port)
    return texts(
        "prescribed_port", room=texts.choice("rooms", room), what=quantity.replace("_", " ") if what == port else what
    )


def assay_name(item: Mapping[str, Any], texts: Texts) -> str:
    """Return what a sampling series is called: its assay, and its own name when that is another one."""
    name, assay = str(item["name"]), str(item["assay"])
    shown = texts.choice("assays", assay).replace("_", " ")
    return shown if name == assay else f"{shown} ({name.replace('_', ' ')})"


def envelope(time: Floats, values: Floats, bins: int) -> tuple[Floats, Floats, Floats]:
    """Return middle, lowest and highest of ``bins`` pieces of a curve; pieces share their end, so nothing gapes."""
    edges = np.unique(np.linspace(0, len(time) - 1, bins + 1).astype(np.int64))
    low = np.minimum(np.minimum.reduceat(values, edges[:-1]), values[edges[1:]])
    high = np.maximum(np.maximum.reduceat(values, edges[:-1]), values[edges[1:]])
    return 0.5 * (time[edges[:-1]] + time[edges[1:]]), low, high


def outline(time: Floats, values: Floats, bins: int = _CURVE_BINS) -> tuple[Floats, Floats]:
    """Return a thinned curve that keeps the lowest and highest value of each of ``bins`` pieces."""
    count = len(time)
    if count <= 4 * bins:
        return time, values
    size = count // bins
    whole = values[: size * bins].reshape(bins, size)
    low, high = whole.argmin(axis=1), whole.argmax(axis=1)
    first = np.arange(bins) * size
    places = np.sort(np.stack([first + low, first + high], axis=1), axis=1).ravel()
    places = np.concatenate([places, np.arange(size * bins, count)])
    return time[places], values[places]
