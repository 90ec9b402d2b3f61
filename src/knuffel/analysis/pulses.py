"""Counting pulses in plasma by the rule of the studies of labour: a rise above the nadir before it, in samples.

A count in samples is not the number of pulses that the gland made: small ones are lost, close ones merge, and the
scatter of the assay makes some of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import parameter
from knuffel.errors import DataError
from knuffel.evidence.resolve import numbers

__all__ = ["PulseRule", "detect_pulses", "pulse_rule"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PulseRule:
    """The numbers of the rule."""

    interval: float = parameter("pulses.sample_interval", "s", "interval of the samples", positive=True)
    deviations: float = parameter("pulses.sample_deviations", "1", "rise of a pulse in standard deviations")


@lru_cache(maxsize=1)
def pulse_rule() -> PulseRule:
    """Return the rule of the evidence files."""
    return numbers(PulseRule)


def detect_pulses(
    time: Floats, concentration: Floats, intra_assay_sd: float | Floats, rule: PulseRule | None = None
) -> Floats:
    """Return when (s) the pulses have their peaks, shape (pulse,).

    ``time`` (s, ascending) and ``concentration`` (pg/mL) have shape (sample,); the samples are taken from them at equal
    intervals by linear interpolation. ``intra_assay_sd`` (pg/mL, a number or (sample,) of ``time``) is the standard
    deviation of the assay within a run. A pulse is a rise of more than two such deviations above the nadir that
    precedes it; its peak is the largest sample before the next fall of as much, or before the end. Raises `DataError`
    for arrays that do not fit, times that do not ascend, and what is not a number.
    """
    chosen = rule or pulse_rule()
    time, concentration = np.asarray(time, dtype=np.float64), np.asarray(concentration, dtype=np.float64)
    scatter = np.asarray(intra_assay_sd, dtype=np.float64)
    if time.ndim != 1 or time.shape != concentration.shape or scatter.shape not in ((), time.shape):
        raise DataError(f"time {time.shape}, concentration {concentration.shape} and deviation do not fit together")
    if not (np.isfinite(time).all() and np.isfinite(concentration).all() and np.isfinite(scatter).all()):
        raise DataError("time, concentration and deviation have to be numbers")
    if (np.diff(time) <= 0).any() or (scatter < 0).any():
        raise DataError("times have to ascend, and a deviation cannot be negative")
    if len(time) == 0:
        return np.zeros(0)
    count = int((time[-1] - time[0]) / chosen.interval * (1 + 1e-12)) + 1
    moments = time[0] + chosen.interval * np.arange(count)
    levels = np.interp(moments, time, concentration)
    limits = chosen.deviations * np.interp(moments, time, np.broadcast_to(scatter, time.shape))
    found: Floats = moments[_peaks(levels, limits)]
    return found


def _peaks(levels: Floats, limits: Floats) -> Places:
    """Return the places of the peaks: above the nadir before, and left by a fall, of more than the limits there."""
    found: list[int] = []
    lowest, highest = 0, -1
    for place, level in enumerate(levels):
        if highest < 0:
            if level < levels[lowest]:
                lowest = place
            elif level - levels[lowest] > limits[place]:
                highest = place
        elif level > levels[highest]:
            highest = place
        elif levels[highest] - level > limits[place]:
            found.append(highest)
            lowest, highest = place, -1
    return np.array(found + ([highest] if highest >= 0 else []), dtype=np.int64)
