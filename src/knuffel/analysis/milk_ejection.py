"""Counting let-downs by the method of a study: pressure in the ducts, their diameter by ultrasound, blood samples.

The methods do not agree, and should not: each contraction is seen by the first two, but plasma falls slowly, so that
samples every two minutes see pulses merge. A published count is compared with the count by the same method.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import parameter
from knuffel.engine.random import Streams
from knuffel.errors import DataError
from knuffel.evidence.resolve import numbers

__all__ = [
    "Definitions",
    "SampledPulses",
    "definitions",
    "duct_count",
    "duct_peaks",
    "ejection_count",
    "ejection_peaks",
    "let_down_activity",
    "let_down_latency",
    "sampled_count",
    "sampled_pulses",
]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Definitions:
    """The numbers behind the words of who counts."""

    pressure_prominence: float = parameter("milk_ejection.pressure_prominence", "mmHg", "peak that is a let-down")
    duct_prominence: float = parameter("milk_ejection.duct_prominence", "1", "peak that is one, share of the rest")
    let_down_rise: float = parameter("milk_ejection.let_down_rise", "mmHg", "rise at which let-down has come")
    sample_interval: float = parameter("milk_ejection.sample_interval", "s", "interval of blood samples")
    sample_cv: float = parameter("milk_ejection.sample_cv", "1", "scatter of the assay")
    sample_rise: float = parameter("milk_ejection.sample_rise", "1", "rise of a pulse, share of the nadir")
    sample_step: float = parameter("milk_ejection.sample_step", "pg/mL", "smallest rise of a pulse")
    sample_fall: float = parameter("milk_ejection.sample_fall", "1", "share of its maximum at which a pulse ends")


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """Return the definitions of the evidence files."""
    return numbers(Definitions)


def ejection_peaks(pressure: Floats, rules: Definitions | None = None) -> Places:
    """Return the places of the let-downs on a trace of pressure (mmHg, shape (sample,))."""
    return _peaks(pressure, (rules or definitions()).pressure_prominence)


def ejection_count(pressure: Floats, rules: Definitions | None = None) -> int:
    """Return the number of let-downs on a trace of pressure (mmHg)."""
    return len(ejection_peaks(pressure, rules))


def duct_peaks(diameter: Floats, resting: float, rules: Definitions | None = None) -> Places:
    """Return the places of the let-downs on a trace of a duct's diameter; ``resting`` is that at rest, in its unit."""
    if not resting > 0:
        raise DataError(f"the diameter at rest is {resting}; it has to be above 0")
    return _peaks(diameter, (rules or definitions()).duct_prominence * resting)


def duct_count(diameter: Floats, resting: float, rules: Definitions | None = None) -> int:
    """Return the number of let-downs on a trace of a duct's diameter."""
    return len(duct_peaks(diameter, resting, rules))


def let_down_latency(
    times: Floats, pressure: Floats, resting: float, latched: float = 0, rules: Definitions | None = None
) -> float:
    """Return the seconds from ``latched`` (s) to the first let-down above ``resting`` (mmHg); NaN if there is none."""
    come = (times >= latched) & (pressure - resting > (rules or definitions()).let_down_rise)
    return float(times[np.argmax(come)] - latched) if come.any() else float("nan")


def let_down_activity(times: Floats, pressure: Floats, resting: float) -> float:
    """Return the integral of pressure above ``resting``, in mmHg s (times in s)."""
    return float(np.trapezoid(pressure - resting, times))


@dataclass(frozen=True)
class SampledPulses:
    """What a series of blood samples shows: ``times`` (s) and measured ``levels``, (sample,); places of the pulses."""

    times: Floats
    levels: Floats
    starts: Places

    def __len__(self) -> int:
        return len(self.starts)


def sampled_pulses(
    times: Floats,
    values: Floats,
    *,
    interval: float | None = None,
    cv: float | None = None,
    seed: int = 0,
    subject: int = 0,
    rules: Definitions | None = None,
) -> SampledPulses:
    """Return the pulses that samples of plasma show, ``interval`` s apart from the first of ``times`` on.

    ``values`` (pg/mL) at ascending ``times`` (s), read off straight lines; ``cv`` is the scatter of the assay, drawn
    by ``seed``, ``subject`` and number of the sample. A pulse starts with a sample above the lowest since the last
    pulse, by a quarter and by 1 pg/mL; it ends with a sample below 85 % of its highest. Raises `DataError` for an
    interval or scatter that cannot be.
    """
    rules = rules or definitions()
    interval = rules.sample_interval if interval is None else interval
    cv = rules.sample_cv if cv is None else cv
    if not (np.isfinite(interval) and interval > 0):
        raise DataError(f"the interval of samples is {interval} s; it has to be above 0")
    if not (np.isfinite(cv) and cv >= 0):
        raise DataError(f"the scatter of the assay is {cv}; it has to be at least 0")
    count = int(np.floor((times[-1] - times[0]) / interval)) + 1
    at = times[0] + interval * np.arange(count)
    levels = np.interp(at, times, values)
    if cv:
        levels = levels * np.exp(cv * Streams(seed, "analysis")("assay").normal(np.arange(count), subject=subject))
    return SampledPulses(at, levels, _starts(levels, rules))


def sampled_count(
    times: Floats,
    values: Floats,
    *,
    interval: float | None = None,
    cv: float | None = None,
    seed: int = 0,
    subject: int = 0,
    rules: Definitions | None = None,
) -> int:
    """Return the number of pulses that samples of plasma show; see `sampled_pulses`."""
    return len(sampled_pulses(times, values, interval=interval, cv=cv, seed=seed, subject=subject, rules=rules))


def _starts(levels: Floats, rules: Definitions) -> Places:
    nadir, highest, starts = np.inf, 0.0, []
    rising = False
    for place, level in enumerate(levels):
        if rising:
            highest = max(highest, level)
            if level < rules.sample_fall * highest:
                rising, nadir = False, level
        elif level > (1 + rules.sample_rise) * nadir and level > nadir + rules.sample_step:
            rising, highest = True, level
            starts.append(place)
        else:
            nadir = min(nadir, level)
    return np.array(starts, dtype=np.int64)


def _peaks(trace: Floats, prominence: float) -> Places:
    from scipy.signal import find_peaks

    found: Places = find_peaks(trace, prominence=prominence)[0].astype(np.int64)
    return found
