"""How far a model cell is from a recorded one: the score of the group that fits oxytocin cells.

The score is the weighted mean of four errors, in percent, over what `SpikeStatistics` holds:

- **head**: quadratic interval histogram, bins 0 to 29 (0 to 52 ms), weight 100;
- **rest**: bins 30 to 124 (52 to 513 ms), weight 100;
- **hazard**: quadratic hazard, weight 60;
- **dispersion**: index of dispersion at seven bin widths, weight 20.

The error of a bin is 100 |x - y| / max(x, y) when the larger of the two reaches a cutoff, else 100 |x - y|; over bins
the root of the mean square is taken. What the recipe leaves open is settled as in the published code of the group
(HypoModel/HypoModBase, evofitscore.cpp) where that says more:

1. Histograms are shares of all intervals in a bin, averaged over five bins, not divided by bin widths. Their cutoff is
   10 % of the larger of the two highest bins, the same for head and rest.
2. The hazard is taken from the histogram divided by its bin widths and scaled to sum 1 (`quadratic_hazard`); it ends
   at the bin before which less than 1 % is left in that measure. Its cutoff is 0.01. It is compared over the bins that
   both have; then 100 (difference in number of bins) / (smaller number) is added.
3. The dispersion error has no cutoff and is the *sum* of the squared percentages over the widths, divided by 100:
   unlike the other three it is not rooted. ``dispersion_term="rms"`` gives the root of the mean square instead, and
   another total. Two widths without any variance agree.
4. The group leaves the last four bins out of the dispersion: do so in `statistics` with ``omitted_bins=4`` for scores
   that can be compared with theirs. Both statistics must leave out equally many. Their limit of 10 000 bins and their
   rounding of spike times to whole ms are not followed.
5. A recording too short for a width has no dispersion there: the width is left out and the mean of the others stands
   for it. A model that has none there although the recording does is 100 % off.
6. A recording, like a model, of fewer than ten spikes (or nine intervals) scores 1000, its parts NaN.
7. The head-of-hazard term of newer code is not part of the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from knuffel.analysis.spikes.quadratic import quadratic_hazard
from knuffel.analysis.spikes.summary import SpikeStatistics
from knuffel.analysis.spikes.trains import FEWEST, Array
from knuffel.errors import ParameterError

__all__ = ["TOO_FEW_SPIKES", "WEIGHTS", "DispersionTerm", "FitScore", "fit_score"]

DispersionTerm = Literal["sum_of_squares", "rms"]

WEIGHTS = {"head": 100, "rest": 100, "hazard": 60, "dispersion": 20}
"""Weights of the four parts."""
TOO_FEW_SPIKES = 1000.0
"""Score when there are too few spikes to compare."""

_HEAD, _REST = slice(0, 30), slice(30, 125)
_MODE_SHARE = 0.1
_HAZARD_CUTOFF = 0.01


@dataclass(frozen=True)
class FitScore:
    """Distance of a model from a recording, 0 when equal: the weighted mean ``total`` and its parts, in percent."""

    total: float
    head: float
    rest: float
    hazard: float
    dispersion: float


def fit_score(
    recording: SpikeStatistics, model: SpikeStatistics, *, dispersion_term: DispersionTerm = "sum_of_squares"
) -> FitScore:
    """Return how far a model is from a recording (see the module for the recipe); the two may change places.

    Raises `ParameterError` for statistics with unlike bins of dispersion, for a recording shorter than two of the
    shortest of them, and for an unknown ``dispersion_term``.
    """
    if dispersion_term not in get_args(DispersionTerm):
        allowed = ", ".join(get_args(DispersionTerm))
        raise ParameterError(f"dispersion_term: found {dispersion_term!r}; allowed: {allowed}")
    if any(_too_few(item) for item in (recording, model)):
        return FitScore(TOO_FEW_SPIKES, *[float("nan")] * 4)
    seen, made = recording.quadratic_histogram, model.quadratic_histogram
    cutoff = _MODE_SHARE * max(seen.max(), made.max())
    parts = {
        "head": _rms(_errors(seen[_HEAD], made[_HEAD], cutoff)),
        "rest": _rms(_errors(seen[_REST], made[_REST], cutoff)),
        "hazard": _hazard_error(quadratic_hazard(seen), quadratic_hazard(made)),
        "dispersion": _dispersion_error(recording, model, dispersion_term),
    }
    total = sum(WEIGHTS[name] * value for name, value in parts.items()) / sum(WEIGHTS.values())
    return FitScore(total, **parts)


def _too_few(item: SpikeStatistics) -> bool:
    return item.spikes < FEWEST or not np.isfinite(item.quadratic_histogram).all()


def _errors(x: Array, y: Array, cutoff: float) -> Array:
    """Return the percent errors of bins: relative to the larger value when that reaches the cutoff, else absolute."""
    larger = np.maximum(x, y)
    relative = (larger >= cutoff) & (larger > 0)
    errors: Array = 100 * np.abs(x - y) / np.where(relative, larger, 1.0)
    return errors


def _rms(errors: Array) -> float:
    return float(np.sqrt((errors**2).mean()))


def _hazard_error(seen: Array, made: Array) -> float:
    fewer, more = sorted((len(seen), len(made)))
    return _rms(_errors(seen[:fewer], made[:fewer], _HAZARD_CUTOFF)) + 100 * (more - fewer) / fewer


def _dispersion_error(recording: SpikeStatistics, model: SpikeStatistics, term: DispersionTerm) -> float:
    if recording.omitted_bins != model.omitted_bins or not np.array_equal(
        recording.dispersion_bins, model.dispersion_bins
    ):
        raise ParameterError(
            "model: its index of dispersion is of other bins than that of the recording; "
            "allowed: equal dispersion_bins and omitted_bins in both statistics"
        )
    known = np.isfinite(recording.dispersion)
    if not known.any():
        raise ParameterError(
            f"recording: found {recording.duration:g} ms without any index of dispersion; "
            f"allowed: more than two bins of {recording.dispersion_bins.min():g} ms"
        )
    errors = _errors(recording.dispersion[known], np.nan_to_num(model.dispersion[known]), 0.0)
    return _rms(errors) if term == "rms" else float((errors**2).mean() * len(known) / 100)
