"""Distributions between subjects: of a covariate, and of the factor on a parameter.

All draws go through the inverse distribution function, also those that are cut off: a limit never costs a second draw,
so that a subject takes one number for each purpose whatever the limits are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log

import numpy as np
import numpy.typing as npt

from knuffel.evidence.spread import log_sd

__all__ = ["KINDS", "Distribution", "lognormal_factor", "truncated"]

Floats = npt.NDArray[np.float64]

KINDS = ("lognormal", "normal", "uniform", "values")
"""What a distribution of a covariate may be."""

_LARGEST = 1e300
"""In place of infinity, which JSON cannot hold."""

_FAR = 8.0
"""Standard deviations beyond which a limit cuts off less than a double can tell from nothing."""


@dataclass(frozen=True)
class Distribution:
    """How a covariate is distributed. ``kind`` is one of `KINDS`.

    ``centre`` is the median of a lognormal and the mean of a normal one, in the unit of the covariate; ``width`` the
    coefficient of variation of a lognormal and the standard deviation of a normal one; it is cut off at ``low`` and
    ``high``, between which a uniform one lies. ``values`` holds one number for each subject.
    """

    kind: str
    centre: float = 0.0
    width: float = 0.0
    low: float = -_LARGEST
    high: float = _LARGEST
    values: tuple[float, ...] = ()

    def draw(self, normal: Floats, index: npt.NDArray[np.int64]) -> Floats:
        """Return the covariate for standard ``normal`` numbers, one for each subject; ``index`` is their place."""
        if self.kind == "values":
            return np.asarray(self.values, dtype=np.float64)[index]
        if self.kind == "uniform":
            from scipy.special import ndtr

            return np.asarray(self.low + (self.high - self.low) * ndtr(normal))
        if self.width == 0:
            return np.full(len(index), self.centre)
        if self.kind == "normal":
            limits = ((self.low - self.centre) / self.width, (self.high - self.centre) / self.width)
            found = self.centre + self.width * truncated(normal, *limits)
        else:
            found = self.centre * lognormal_factor(normal, log_sd(self.width), self.centre, self.low, self.high)
        return np.clip(found, self.low, self.high)


def lognormal_factor(normal: Floats, sd: float, value: float, low: float = 0, high: float = inf) -> Floats:
    """Return exp(sd z), cut off so that ``value`` (above zero) times it lies from ``low`` to ``high``.

    ``sd`` is the standard deviation of the logarithm, ``normal`` holds one standard normal number for each subject.
    """
    if sd == 0:
        return np.ones_like(normal)
    below = log(low / value) / sd if low > 0 else -inf
    above = log(high / value) / sd if high < inf else inf
    return np.asarray(np.exp(sd * truncated(normal, below, above)))


def truncated(normal: Floats, low: float, high: float) -> Floats:
    """Return standard normal numbers cut off at ``low`` and ``high``, each from the one number given for it."""
    if low <= -_FAR and high >= _FAR:
        return normal
    from scipy.special import ndtr, ndtri

    begin, end = ndtr(low), ndtr(high)
    return np.asarray(np.clip(ndtri(begin + (end - begin) * ndtr(normal)), low, high))
