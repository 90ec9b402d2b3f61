"""The summary of a run: a few numbers for every part that ran, each with its unit and evidence grade.

Names are ``port.statistic``. With several subjects a number is the mean over them. Means over time weigh every record
by the time it stands for, which is equal for all but the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts import bursts_of
from knuffel.analysis.interventions import interventions
from knuffel.analysis.milk_ejection import ejection_count
from knuffel.analysis.montevideo import AVERAGE, definitions, montevideo_units
from knuffel.engine.store import Recorded

__all__ = ["as_text", "summarise"]

Floats = npt.NDArray[np.float64]
Summary = dict[str, dict[str, Any]]

_OXYTOCIN = ("plasma.oxytocin_concentration", "plasma.oxytocin_endogenous", "plasma.oxytocin_exogenous")
_LONG_TIME = 120
_PLAIN_BELOW = 1e9


def summarise(recorded: Recorded) -> Summary:
    """Return name -> {value, unit, evidence} for whatever ran, in the order of the signal.

    Values are floats (counts included); a value that does not exist in this run is left out.
    """
    table = _Table(recorded)
    _neurons(table)
    _secretion(table)
    _plasma(table)
    _samples(table)
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
    """Return value and unit: counts whole, long times in minutes, no unit for pure numbers."""
    value, unit = float(item["value"]), str(item["unit"])
    if name.endswith(".count"):
        # A mean over subjects need not be whole.
        return (f"{value:.0f}" if value.is_integer() else f"{value:.1f}"), ""
    if unit == "s" and abs(value) > _LONG_TIME:
        value, unit = value / 60, "min"
    text = f"{value:.4g}"
    if "e" in text and 1 <= abs(value) < _PLAIN_BELOW:
        text = f"{value:.0f}"
    return text, "" if unit == "1" else unit


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

    def add(self, port: str, statistic: str, value: float, unit: str | None = None) -> None:
        """Add one row; the unit is the port's unless given."""
        if np.isfinite(value):
            unit = self.recorded.variables[port].unit if unit is None else unit
            grade = self.recorded.attributes.get("evidence", {}).get(port, "")
            self.rows[f"{port}.{statistic}"] = {"value": float(value), "unit": unit, "evidence": grade}

    def over_subjects(self, port: str, statistic: str, function: Callable[[Floats], Floats]) -> None:
        """Add the mean over subjects of a function of the values (subject, time)."""
        if self.has(port):
            self.add(port, statistic, float(np.mean(function(self.values(port)))))

    def mean_over_time(self, values: Floats) -> Floats:
        """Return the time mean of levels (subject, time), straight lines between the records."""
        if len(self.time) < 2:
            return values[:, 0]
        return np.asarray(np.trapezoid(values, self.time, axis=1) / (self.time[-1] - self.time[0]))


def _neurons(table: _Table) -> None:
    table.over_subjects("neurons.firing_rate", "mean", table.mean_over_time)
    table.over_subjects("neurons.firing_rate", "peak", lambda values: values.max(axis=1))
    if table.has("neurons.spike.time"):
        subjects = len(table.recorded.attributes.get("subject_index", [0]))
        row = {"value": table.length("neurons.spike.time") / subjects, "unit": "1"}
        grade = table.recorded.attributes.get("evidence", {}).get("neurons.spike", "")
        table.rows["neurons.spike.count"] = {**row, "evidence": grade}
    if (table.recorded.attributes.get("drawn") or {}).get("neurons", {}).get("network"):
        _network(table)


def _network(table: _Table) -> None:
    """Bursts of a network: how many, how far apart, and how many neurons take part."""
    if not table.has("neurons.spike.time"):
        return
    subjects = len(table.recorded.attributes.get("subject_index", [0]))
    found = [bursts_of(table.recorded, subject) for subject in range(subjects)]
    grade = table.recorded.attributes.get("evidence", {}).get("neurons.spike", "")
    intervals = np.concatenate([bursts.intervals for bursts in found]) / 1000
    taking_part = np.concatenate([bursts.participation for bursts in found])
    rows = {"count": (float(np.mean([len(bursts) for bursts in found])), "1")}
    if len(intervals):
        rows["interval"] = (float(intervals.mean()), "s")
    if len(taking_part):
        rows["participation"] = (float(taking_part.mean()), "1")
    for statistic, (value, unit) in rows.items():
        table.rows[f"neurons.network_burst.{statistic}"] = {"value": value, "unit": unit, "evidence": grade}


def _secretion(table: _Table) -> None:
    """A recorded rate is the mean over the interval that ends there, so the total is a plain sum."""
    port = "secretion.rate"
    if table.has(port):
        values = table.values(port)
        seconds = np.diff(table.time)
        total = (values[:, 1:] * seconds).sum(axis=1)
        table.add(port, "total", float(total.mean()), "pg")
        if seconds.sum() > 0:
            table.add(port, "mean", float(total.mean() / seconds.sum()))
    table.over_subjects("secretion.store_fraction", "end", lambda values: values[:, -1])
    if table.has("pulses.pulse.time"):
        subjects = len(table.recorded.attributes.get("subject_index", [0]))
        grade = table.recorded.attributes.get("evidence", {}).get("pulses.pulse", "")
        count = table.length("pulses.pulse.time") / subjects
        table.rows["pulses.pulse.count"] = {"value": count, "unit": "1", "evidence": grade}


def _plasma(table: _Table) -> None:
    before = _before_first(table)
    # What a prescribed room plays is an intervention without a first moment: there is no level before it.
    prescribed = "prescribed" in str(table.recorded.attributes.get("evidence", {}).get(_OXYTOCIN[0], ""))
    for port in _OXYTOCIN:
        if not table.has(port) or (port != _OXYTOCIN[0] and not table.recorded.attributes.get("doses")):
            continue
        values = table.values(port)
        basal, highest = values[:, before].mean(axis=1), values.max(axis=1)
        if not prescribed:
            table.add(port, "basal", float(basal.mean()))
        table.add(port, "mean", float(table.mean_over_time(values).mean()))
        table.add(port, "peak", float(highest.mean()))
        table.add(port, "time_of_peak", float(table.time[values.argmax(axis=1)].mean()), "s")
        if port == _OXYTOCIN[0] and interventions(table.recorded.attributes) and (basal > 0).all():
            table.add(port, "peak_fold", float((highest / basal).mean()), "1")
        table.add(port, "end", float(values[:, -1].mean()))


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
        unit = table.recorded.variables[f"{name}.value"].unit
        grade = table.recorded.attributes.get("evidence", {}).get(item["port"], "")
        value, censored = table.values(f"{name}.value"), table.values(f"{name}.censored")
        if np.isfinite(value).any():
            table.rows[f"{name}.mean"] = {"value": float(np.nanmean(value)), "unit": unit, "evidence": grade}
        table.rows[f"{name}.count"] = {"value": float(value.shape[-1]), "unit": "1", "evidence": grade}
        table.rows[f"{name}.censored"] = {"value": float(censored.mean()), "unit": "1", "evidence": grade}


def _receptors(table: _Table) -> None:
    table.over_subjects("receptors.myometrium_effect", "mean", table.mean_over_time)
    table.over_subjects("receptors.myometrium_effect", "peak", lambda values: values.max(axis=1))


def _breast(table: _Table) -> None:
    table.over_subjects("breast.pressure", "peak", lambda values: values.max(axis=1))
    if table.has("breast.pressure"):
        counts = [ejection_count(trace) for trace in table.values("breast.pressure")]
        grade = table.recorded.attributes.get("evidence", {}).get("breast.pressure", "")
        count = float(np.mean(counts))
        table.rows["breast.milk_ejection.count"] = {"value": count, "unit": "1", "evidence": grade}
    table.over_subjects("breast.milk_removed", "end", lambda values: values[:, -1])
    table.over_subjects("breast.milk_volume", "end", lambda values: values[:, -1])


def _effects(table: _Table) -> None:
    """Side effects: the deepest fall of pressure and when, and what became of water and sodium."""
    pressure, sodium, flow = "circulation.map_change", "water.serum_sodium", "water.urine_flow"
    table.over_subjects(pressure, "lowest", lambda values: values.min(axis=1))
    if table.has(pressure):
        lowest = table.time[table.values(pressure).argmin(axis=1)]
        table.add(pressure, "time_of_lowest", float(lowest.mean()), "s")
    table.over_subjects("circulation.heart_rate_change", "peak", lambda values: values.max(axis=1))
    table.over_subjects(sodium, "lowest", lambda values: values.min(axis=1))
    table.over_subjects(sodium, "end", lambda values: values[:, -1])
    table.over_subjects("water.urine_osmolality", "peak", lambda values: values.max(axis=1))
    table.over_subjects("water.body_water", "end", lambda values: values[:, -1])
    if table.has(flow) and len(table.time) > 1:
        total = table.mean_over_time(table.values(flow)) * (table.time[-1] - table.time[0])
        table.add(flow, "total", float(total.mean()), "mL")


def _uterus(table: _Table) -> None:
    table.over_subjects("uterus.activity", "end", lambda values: values[:, -1])
    table.over_subjects("uterus.activity", "peak", lambda values: values.max(axis=1))
    table.over_subjects("uterus.contraction_frequency", "end", lambda values: values[:, -1])
    if not table.has("uterus.contraction.time") or len(table.time) == 0:
        return
    grade = table.recorded.attributes.get("evidence", {}).get("uterus.contraction", "")
    subjects = len(table.recorded.attributes.get("subject_index", [0]))
    time = table.values("uterus.contraction.time") / 1000
    rise = table.values("uterus.contraction.amplitude")
    counted = rise >= definitions().threshold
    count = float(counted.sum() / subjects)
    table.rows["uterus.contraction.count"] = {"value": count, "unit": "1", "evidence": grade}
    if counted.any():
        mean = float(rise[counted].mean())
        table.rows["uterus.contraction.mean_amplitude"] = {"value": mean, "unit": "mmHg", "evidence": grade}
    if table.time[-1] >= AVERAGE:
        ends = table.time[-1:]
        units = montevideo_units(time[counted], rise[counted], ends, over=AVERAGE)[0] / subjects
        table.rows["uterus.montevideo.last_30_min"] = {"value": float(units), "unit": "MVU", "evidence": grade}
    table.over_subjects("uterus.dilatation", "end", lambda values: values[:, -1])
