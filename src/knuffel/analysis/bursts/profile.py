"""The mean course of a burst, aligned on its peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts.definitions import Floats, checked
from knuffel.analysis.bursts.network import NetworkBursts
from knuffel.errors import ParameterError

__all__ = ["Profile", "profile"]


@dataclass(frozen=True, eq=False)
class Profile:
    """Firing around the peak of bursts: ``time`` (ms, middle of each bin), ``rates`` (1/s and cell), (burst, bin)."""

    time: Floats
    rates: Floats

    @property
    def mean(self) -> Floats:
        """Return the mean over bursts (bin,); NaN without bursts."""
        return self.rates.mean(axis=0) if len(self.rates) else np.full(len(self.time), np.nan)

    def quantiles(self, shares: npt.ArrayLike) -> Floats:
        """Return quantiles over bursts, (share, bin)."""
        if not len(self.rates):
            return np.full((np.size(shares), len(self.time)), np.nan)
        return np.asarray(np.quantile(self.rates, np.asarray(shares, dtype=np.float64), axis=0))


def profile(
    times: npt.ArrayLike,
    cells: npt.ArrayLike,
    cell_count: int,
    bursts: NetworkBursts,
    *,
    before: float = 5000,
    after: float = 10_000,
    width: float = 100,
) -> Profile:
    """Return the rate of all cells in bins of ``width`` ms from ``before`` to ``after`` the peak bin of each burst.

    Raises `ParameterError` as `cell_bursts` does, and for spans that are not above 0 or hold no whole bin.
    """
    for name, value in (("before", before), ("after", after), ("width", width)):
        if not (np.isfinite(value) and value > 0):
            raise ParameterError(f"{name}: found {value}; allowed: a finite time in ms above 0")
    if width > min(before, after):
        raise ParameterError(f"width: found {width}; allowed: at most {min(before, after):g} ms")
    time = np.sort(checked(times, cells, cell_count)[0])
    left, right = int(before // width), int(after // width)
    offsets = (np.arange(-left, right + 1) + 0.5) * width
    found = np.zeros((len(bursts), len(offsets)))
    for row, (start, end) in enumerate(zip(bursts.start, bursts.end, strict=True)):
        count = int((end - start) // width) + 1
        bins = start + width * np.arange(count + 1)
        peak = bins[int(np.argmax(np.histogram(time, bins)[0]))]
        edges = peak + width * np.arange(-left, right + 2)
        found[row] = np.diff(np.searchsorted(time, edges)) * 1000 / width / cell_count
    return Profile(offsets.astype(np.float64), found)
