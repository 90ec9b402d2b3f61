"""Reading a pressure trace: contractions, Montevideo units, tachysystole and tetany.

A contraction is a peak that rises at least ``threshold`` above the tone; two peaks are two contractions when the
pressure falls by ``separation`` between them. The tone is what a person sees as the floor of the trace: the median of
what lies within one foot above the tenth percentile of ten minutes, after a moving average over four seconds, which
takes out breathing at 0.25 Hz. Montevideo units are the sum of (peak - tone) over the contractions that peak in ten
minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import parameter
from knuffel.evidence.resolve import numbers

__all__ = [
    "Contractions",
    "Definitions",
    "definitions",
    "detect",
    "montevideo_units",
    "resting_tone",
    "rolling_count",
    "smooth",
    "tachysystole",
    "tetany",
]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WINDOW = 600.0
"""Seconds over which Montevideo units and contraction counts are defined."""
AVERAGE = 1800.0
"""Seconds over which counts are averaged for tachysystole, and activity for the sliding mean."""
_SMOOTH = 4.0
_TONE_STEP = 60.0


@dataclass(frozen=True)
class Definitions:
    """The numbers behind the words of a reader of traces."""

    threshold: float = parameter("tocograph.contraction_threshold", "mmHg", "rise that makes a contraction")
    separation: float = parameter("tocograph.contraction_separation", "mmHg", "fall that separates two contractions")
    foot: float = parameter("tocograph.contraction_foot", "mmHg", "rise at which a contraction begins and ends")
    adequate: float = parameter("tocograph.adequate_activity", "MVU", "activity called adequate")
    tachysystole: float = parameter("tocograph.tachysystole_limit", "1", "contractions in 10 min that are too many")
    tetany_duration: float = parameter("tocograph.tetany_duration", "s", "duration of a tetanic contraction")
    tetany_pressure: float = parameter("tocograph.tetany_pressure", "mmHg", "pressure that must not be held that long")


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """Return the definitions of the evidence files."""
    return numbers(Definitions)


@dataclass(frozen=True)
class Contractions:
    """Contractions found on a trace; times in s, pressures in mmHg, one entry for each contraction."""

    start: Floats
    peak_time: Floats
    end: Floats
    peak: Floats
    tone: Floats

    def __len__(self) -> int:
        return len(self.peak)

    @property
    def rise(self) -> Floats:
        """Return the height of the peaks above the tone, mmHg."""
        return self.peak - self.tone

    @property
    def duration(self) -> Floats:
        """Return the time from the foot before to the foot after the peak, s."""
        return self.end - self.start


def smooth(time: Floats, pressure: Floats) -> Floats:
    """Return the pressure averaged over four seconds around each sample of an evenly sampled trace."""
    if len(time) < 2:
        return pressure
    half = round(float(_SMOOTH / (time[1] - time[0]) / 2))
    padded = np.pad(pressure, half, mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    width = 2 * half + 1
    smooth: Floats = (total[width:] - total[:-width]) / width
    return smooth


def resting_tone(time: Floats, pressure: Floats, rules: Definitions | None = None) -> Floats:
    """Return the floor of a smoothed trace at each sample, from the ten minutes around it (mmHg)."""
    rules = rules or definitions()
    marks = np.arange(time[0], time[-1] + _TONE_STEP, _TONE_STEP)
    floor = np.empty(len(marks))
    for place, mark in enumerate(marks):
        begin = min(max(mark - WINDOW / 2, time[0]), max(time[-1] - WINDOW, time[0]))
        low, high = np.searchsorted(time, [begin, begin + WINDOW])
        window = pressure[low : max(high, low + 1)]
        near = window[window <= np.quantile(window, 0.1) + rules.foot]
        floor[place] = np.median(near)
    return np.interp(time, marks, floor)


def detect(time: Floats, pressure: Floats, rules: Definitions | None = None) -> Contractions:
    """Return the contractions of an evenly sampled trace (time in s, pressure in mmHg, both of shape (sample,))."""
    rules = rules or definitions()
    line = smooth(time, pressure)
    tone = resting_tone(time, line, rules)
    rise = line - tone
    peaks = _turning_points(line, rules.separation)
    peaks = peaks[rise[peaks] >= rules.threshold]
    valleys = [int(low + np.argmin(line[low:high])) for low, high in pairwise(peaks)]
    bounds = [0, *valleys, len(line) - 1]
    feet = [_feet(rise, peak, bounds[place], bounds[place + 1], rules.foot) for place, peak in enumerate(peaks)]
    start = np.array([foot[0] for foot in feet], dtype=np.int64)
    end = np.array([foot[1] for foot in feet], dtype=np.int64)
    return Contractions(time[start], time[peaks], time[end], line[peaks], tone[peaks])


def _turning_points(line: Floats, separation: float) -> npt.NDArray[np.int64]:
    """Return the places of maxima that stand out by ``separation`` from the valley on either side."""
    from scipy.signal import find_peaks

    found: npt.NDArray[np.int64] = find_peaks(line, prominence=separation)[0]
    return found


def _feet(rise: Floats, peak: int, first: int, last: int, foot: float) -> tuple[int, int]:
    """Return the places where the trace leaves and regains the foot around a peak, at most ``first`` and ``last``."""
    before = np.flatnonzero(rise[first:peak] < foot)
    after = np.flatnonzero(rise[peak : last + 1] < foot)
    return (first + int(before[-1]) + 1 if len(before) else first, peak + int(after[0]) if len(after) else last)


def rolling_count(times: Floats, ends: Floats, width: float, weights: Floats | None = None) -> Floats:
    """Return the number (or the sum of ``weights``) of ``times`` in (end - width, end] for each end."""
    order = np.argsort(times, kind="stable")
    weights = np.ones(len(times)) if weights is None else np.asarray(weights, dtype=np.float64)[order]
    total = np.concatenate([[0.0], np.cumsum(weights)])
    high = np.searchsorted(times[order], ends, side="right")
    low = np.searchsorted(times[order], np.asarray(ends) - width, side="right")
    return np.asarray(total[high] - total[low])


def montevideo_units(peak_time: Floats, rise: Floats, ends: Floats, *, over: float = WINDOW) -> Floats:
    """Return Montevideo units at ``ends`` (s): the sum of rises (mmHg) over the last ``over`` seconds, for ten minutes.

    ``over`` = 600 is the definition; 1800 gives the mean over thirty minutes.
    """
    return rolling_count(peak_time, ends, over, rise) * (WINDOW / over)


def tachysystole(peak_time: Floats, ends: Floats, rules: Definitions | None = None) -> Flags:
    """Return where more than five contractions in ten minutes occurred, on average over the last thirty minutes."""
    rules = rules or definitions()
    return rolling_count(peak_time, ends, AVERAGE) * (WINDOW / AVERAGE) > rules.tachysystole


def tetany(time: Floats, pressure: Floats, rules: Definitions | None = None) -> list[tuple[float, float]]:
    """Return the stretches (start, end in s) of tetany: a contraction, or a pressure held high, for too long."""
    rules = rules or definitions()
    found = detect(time, pressure, rules)
    long = found.duration > rules.tetany_duration
    stretches = list(zip(found.start[long].tolist(), found.end[long].tolist(), strict=True))
    high = np.concatenate([[False], smooth(time, pressure) > rules.tetany_pressure, [False]])
    begins, ends = np.flatnonzero(~high[:-1] & high[1:]), np.flatnonzero(high[:-1] & ~high[1:]) - 1
    held = time[ends] - time[begins] > rules.tetany_duration
    stretches += zip(time[begins[held]].tolist(), time[ends[held]].tolist(), strict=True)
    return _merge(stretches)


def _merge(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
