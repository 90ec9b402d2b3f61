"""The summary of a run: a few numbers for every part that ran, each with its unit and evidence grade.

Names are ``port.statistic``. With several subjects a number is the median over them, and ``p05`` and ``p95`` are what
5 and 95 % of them stay below. Means over time weigh every record by the time it stands for, which is equal for all but
the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts import bursts_of
from knuffel.analysis.interventions import interventions
from knuffel.analysis.milk_ejection import ejection_count
from knuffel.analysis.montevideo import AVERAGE, definitions, montevideo_units
from knuffel.engine.store import Recorded
from knuffel.units import UG_PER_IU, unit_factor

__all__ = ["as_text", "summarise"]

Floats = npt.NDArray[np.float64]
Summary = dict[str, dict[str, Any]]

_OXYTOCIN = ("plasma.oxytocin_concentration", "plasma.oxytocin_endogenous", "plasma.oxytocin_exogenous")
_DRUGS = ("plasma.carbetocin_concentration", "plasma.atosiban_concentration", "plasma.atosiban_m1_concentration")
_FLUIDS = ("csf.oxytocin_concentration", "saliva.oxytocin_concentration", "urine.oxytocin_ratio")
_LONG_TIME = 120
_LOW, _HIGH = 0.05, 0.95
_PLAIN_BELOW = 1e9


def summarise(recorded: Recorded) -> Summary:
    """Return name -> {value, unit, evidence} for whatever ran, in the order of the signal.

    With several subjects each row also has ``p05`` and ``p95``.

    Values are floats (counts included); a value that does not exist in this run is left out.
    """
    table = _Table(recorded)
    _neurons(table)
    _secretion(table)
    _pump(table)
    _plasma(table)
    _samples(table)
    _drugs(table)
    _receptors(table)
    _uterus(table)
    _breast(table)
    _effects(table)
    return table.rows


def as_text(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a summary as aligned lines for the shell: name, value, unit, evidence in brackets."""
    rows = [(name, *_shown(name, item), str(item["evidence"])) for name, item in summary.items()]
    name_width, value_width, unit_width = (max((len(row[place]) for row in rows), default=0) for place in range(3))
    lines = [
        f"{name:<{name_width}}  {value:>{value_width}} {unit:<{unit_width}}" + (f"  [{grade}]" if grade else "")
        for name, value, unit, grade in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _shown(name: str, item: Mapping[str, Any]) -> tuple[str, str]:
    """Return value and unit: counts whole, long times in minutes, no unit for pure numbers; with their range."""
    value, unit, scale = float(item["value"]), str(item["unit"]), 1.0
    if name.endswith(".count"):
        unit = "1"
    elif unit == "s" and abs(value) > _LONG_TIME:
        unit, scale = "min", 1 / 60
    text = _number(name, value * scale)
    if "p05" in item:
        text += f" ({_number(name, item['p05'] * scale)} to {_number(name, item['p95'] * scale)})"
    return text, "" if unit == "1" else unit


def _number(name: str, value: float) -> str:
    if name.endswith(".count"):
        # A median over subjects need not be whole.
        return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
    text = f"{value:.4g}"
    return f"{value:.0f}" if "e" in text and 1 <= abs(value) < _PLAIN_BELOW else text


class _Table:
    """Rows under construction, with the record at hand."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self.rows: Summary = {}
        self.time = self.values("time") / 1000 if self.has("time") else np.zeros(0)

    def has(self, name: str) -> bool:
        """Tell whether the record holds a variable."""
        return name in self.recorded.variables

    def values(self, name: str) -> Floats:
        """Return a variable as float64."""
        return np.asarray(self.recorded.variables[name].data[...], dtype=np.float64)

    def length(self, name: str) -> int:
        """Return the length of a variable without reading it."""
        return int(self.recorded.variables[name].data.shape[-1])

    @property
    def subjects(self) -> int:
        """Return how many subjects there are."""
        return len(self.recorded.attributes.get("subject_index", [0]))

    def add(self, port: str, statistic: str, values: Floats, unit: str | None = None, graded: str = "") -> None:
        """Add one row from one value for each subject; the unit is the port's unless given.

        The row has the evidence grade of the port, or of ``graded`` when it is named after something else. Subjects
        in whom the number does not exist are left out; when it exists in none there is no row.
        """
        values = np.atleast_1d(np.asarray(values, dtype=np.float64))
        values = values[np.isfinite(values)]
        if not len(values):
            return
        unit = self.recorded.variables[port].unit if unit is None else unit
        grade = self.recorded.attributes.get("evidence", {}).get(graded or port, "")
        low, middle, high = (float(value) for value in np.quantile(values, (_LOW, 0.5, _HIGH)))
        row = {"value": middle, "unit": unit, "evidence": grade}
        self.rows[f"{port}.{statistic}"] = row | ({"p05": low, "p95": high} if self.subjects > 1 else {})

    def over_subjects(self, port: str, statistic: str, function: Callable[[Floats], Floats]) -> None:
        """Add a function of the values (subject, time)."""
        if self.has(port):
            self.add(port, statistic, function(self.values(port)))

    def events_of(self, port: str, chosen: npt.NDArray[np.bool_] | None = None) -> Floats:
        """Return how many events of a port each subject had, among the ``chosen`` ones."""
        rows = np.asarray(self.recorded.variables[f"{port}.subject"].data[...])
        rows = rows if chosen is None else rows[chosen]
        return np.bincount(rows, minlength=self.subjects).astype(np.float64)

    def by_subject(self, port: str, chosen: npt.NDArray[np.bool_], *columns: Floats) -> list[list[Floats]]:
        """Return each column of the ``chosen`` events of a port cut into one piece for each subject."""
        rows = np.asarray(self.recorded.variables[f"{port}.subject"].data[...])[chosen]
        order = np.argsort(rows, kind="stable")
        ends = np.searchsorted(rows[order], np.arange(1, self.subjects))
        return [np.split(column[chosen][order], ends) for column in columns]

    def mean_over_time(self, values: Floats) -> Floats:
        """Return the time mean of levels (subject, time), straight lines between the records."""
        if len(self.time) < 2:
            return values[:, 0]
        return np.asarray(np.trapezoid(values, self.time, axis=1) / (self.time[-1] - self.time[0]))


def _neurons(table: _Table) -> None:
    table.over_subjects("neurons.firing_rate", "mean", table.mean_over_time)
    table.over_subjects("neurons.firing_rate", "peak", lambda values: values.max(axis=1))
    if table.has("neurons.spike.time"):
        table.add("neurons.spike", "count", table.events_of("neurons.spike"), "1")
    if (table.recorded.attributes.get("drawn") or {}).get("neurons", {}).get("network"):
        _network(table)


def _network(table: _Table) -> None:
    """Bursts of a network: how many, how far apart, and how many neurons take part."""
    if not table.has("neurons.spike.time"):
        return
    found = [bursts_of(table.recorded, subject) for subject in range(table.subjects)]
    rows = {
        "count": (np.array([len(bursts) for bursts in found]), "1"),
        "interval": (_means([bursts.intervals / 1000 for bursts in found]), "s"),
        "participation": (_means([bursts.participation for bursts in found]), "1"),
    }
    for statistic, (values, unit) in rows.items():
        table.add("neurons.network_burst", statistic, values, unit, "neurons.spike")


def _means(samples: Sequence[Floats]) -> Floats:
    """Return the mean of each sample, NaN of an empty one."""
    return np.array([np.mean(sample) if len(sample) else np.nan for sample in samples])


def _secretion(table: _Table) -> None:
    """A recorded rate is the mean over the interval that ends there, so the total is a plain sum."""
    port = "secretion.rate"
    if table.has(port):
        values = table.values(port)
        seconds = np.diff(table.time)
        total = (values[:, 1:] * seconds).sum(axis=1)
        table.add(port, "total", total, "pg")
        if seconds.sum() > 0:
            table.add(port, "mean", total / seconds.sum())
    table.over_subjects("secretion.store_fraction", "end", lambda values: values[:, -1])
    if table.has("pulses.pulse.time"):
        table.add("pulses.pulse", "count", table.events_of("pulses.pulse"), "1")


def _given(attributes: Mapping[str, Any]) -> bool:
    return bool(attributes.get("doses") or attributes.get("protocol"))


def _pump(table: _Table) -> None:
    """The highest rate of an induction, and all that it gave; a recorded flow is the mean of its interval."""
    rate, flow, content = "pump.rate", "pump.oxytocin_infusion", UG_PER_IU["oxytocin"]
    if table.has(rate):
        highest = table.values(rate).max(axis=1)
        table.add(rate, "peak", highest * unit_factor("pg/s", "mU/min", content), "mU/min")
    if table.has(flow):
        total = (table.values(flow)[:, 1:] * np.diff(table.time)).sum(axis=1)
        table.add(flow, "total", total * unit_factor("pg", "IU", content), "IU")


def _plasma(table: _Table) -> None:
    before = _before_first(table)
    # What a prescribed room plays is an intervention without a first moment: there is no level before it.
    prescribed = "prescribed" in str(table.recorded.attributes.get("evidence", {}).get(_OXYTOCIN[0], ""))
    for port in _OXYTOCIN:
        if not table.has(port) or (port != _OXYTOCIN[0] and not _given(table.recorded.attributes)):
            continue
        values = table.values(port)
        if port == _OXYTOCIN[2] and not values.any():
            continue
        basal, highest = values[:, before].mean(axis=1), values.max(axis=1)
        if not prescribed:
            table.add(port, "basal", basal)
        table.add(port, "mean", table.mean_over_time(values))
        table.add(port, "peak", highest)
        table.add(port, "time_of_peak", table.time[values.argmax(axis=1)], "s")
        if port == _OXYTOCIN[0] and interventions(table.recorded.attributes) and (basal > 0).all():
            table.add(port, "peak_fold", highest / basal, "1")
        table.add(port, "end", values[:, -1])


def _before_first(table: _Table) -> npt.NDArray[np.bool_]:
    """Return which records lie before the first stimulus or dose: at least the first record, all when nothing was done.

    The record at the very start of an intervention still shows the state before it, unless it is a bolus; it counts
    only when there is no earlier one.
    """
    done = interventions(table.recorded.attributes)
    first = min((item.start for item in done), default=None)
    chosen = np.ones(len(table.time), dtype=bool) if first is None else table.time * 1000 < first
    chosen[:1] = True
    return np.asarray(chosen)


def _samples(table: _Table) -> None:
    for item in table.recorded.attributes.get("samples", ()):
        name = f"sample.{item['name']}"
        if not table.has(f"{name}.value") or table.length(f"{name}.value") == 0:
            continue
        value, censored = table.values(f"{name}.value"), table.values(f"{name}.censored")
        rows = {
            "mean": (_means([row[np.isfinite(row)] for row in value]), table.recorded.variables[f"{name}.value"].unit),
            "count": (np.full(len(value), value.shape[-1]), "1"),
            "censored": (censored.mean(axis=1), "1"),
        }
        for statistic, (numbers, unit) in rows.items():
            table.add(name, statistic, numbers, unit, item["port"])


def _drugs(table: _Table) -> None:
    """Other drugs when they are in use, and where oxytocin goes beside the blood."""
    for port in _DRUGS:
        if table.has(port) and table.values(port).any():
            _course(table, port)
    for port in _FLUIDS:
        if table.has(port) and table.values(port).any():
            table.add(port, "basal", table.values(port)[:, _before_first(table)].mean(axis=1))
            _course(table, port, end=not port.startswith("csf."))


def _course(table: _Table, port: str, *, end: bool = True) -> None:
    values = table.values(port)
    table.add(port, "peak", values.max(axis=1))
    table.add(port, "time_of_peak", table.time[values.argmax(axis=1)], "s")
    if end:
        table.add(port, "end", values[:, -1])


def _receptors(table: _Table) -> None:
    table.over_subjects("receptors.density", "end", lambda values: values[:, -1])
    table.over_subjects("receptors.coupled_fraction", "lowest", lambda values: values.min(axis=1))
    table.over_subjects("receptors.myometrium_effect", "mean", table.mean_over_time)
    table.over_subjects("receptors.myometrium_effect", "peak", lambda values: values.max(axis=1))


def _breast(table: _Table) -> None:
    table.over_subjects("breast.pressure", "peak", lambda values: values.max(axis=1))
    if table.has("breast.pressure"):
        counts = np.array([ejection_count(trace) for trace in table.values("breast.pressure")])
        table.add("breast.milk_ejection", "count", counts, "1", "breast.pressure")
    table.over_subjects("breast.milk_removed", "end", lambda values: values[:, -1])
    table.over_subjects("breast.milk_volume", "end", lambda values: values[:, -1])


def _effects(table: _Table) -> None:
    """Side effects: the deepest fall of pressure and when, and what became of water and sodium."""
    pressure, sodium, flow = "circulation.map_change", "water.serum_sodium", "water.urine_flow"
    table.over_subjects(pressure, "lowest", lambda values: values.min(axis=1))
    if table.has(pressure):
        lowest = table.time[table.values(pressure).argmin(axis=1)]
        table.add(pressure, "time_of_lowest", lowest, "s")
    table.over_subjects("circulation.heart_rate_change", "peak", lambda values: values.max(axis=1))
    table.over_subjects(sodium, "lowest", lambda values: values.min(axis=1))
    table.over_subjects(sodium, "end", lambda values: values[:, -1])
    table.over_subjects("water.urine_osmolality", "peak", lambda values: values.max(axis=1))
    table.over_subjects("water.body_water", "end", lambda values: values[:, -1])
    if table.has(flow) and len(table.time) > 1:
        total = table.mean_over_time(table.values(flow)) * (table.time[-1] - table.time[0])
        table.add(flow, "total", total, "mL")


def _uterus(table: _Table) -> None:
    table.over_subjects("uterus.activity", "end", lambda values: values[:, -1])
    table.over_subjects("uterus.activity", "peak", lambda values: values.max(axis=1))
    table.over_subjects("uterus.contraction_frequency", "end", lambda values: values[:, -1])
    if not table.has("uterus.contraction.time") or len(table.time) == 0:
        return
    time = table.values("uterus.contraction.time") / 1000
    rise = table.values("uterus.contraction.amplitude")
    counted = rise >= definitions().threshold
    table.add("uterus.contraction", "count", table.events_of("uterus.contraction", counted), "1")
    times, heights = table.by_subject("uterus.contraction", counted, time, rise)
    table.add("uterus.contraction", "mean_amplitude", _means(heights), "mmHg")
    if table.time[-1] >= AVERAGE:
        pairs = zip(times, heights, strict=True)
        units = np.array([montevideo_units(*pair, table.time[-1:], over=AVERAGE)[0] for pair in pairs])
        table.add("uterus.montevideo", "last_30_min", units, "MVU", "uterus.contraction")
    table.over_subjects("uterus.dilatation", "end", lambda values: values[:, -1])
