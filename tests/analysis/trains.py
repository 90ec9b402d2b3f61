"""Spike trains whose statistics are known, for the tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int64]


def renewal(shape: float, rate: float, seconds: float, seed: int = 1) -> Times:
    """Return the times (ms) of a gamma renewal train, begun long before zero; shape 1 is a Poisson train."""
    rng = np.random.default_rng(seed)
    before = 50 / rate
    count = int((seconds + before) * rate * 1.2 + 100)
    times = np.cumsum(rng.gamma(shape, 1000 / (rate * shape), count)) - before * 1000
    assert times[-1] > seconds * 1000
    return times[(times >= 0) & (times < seconds * 1000)]


def several(cells: int, shape: float, rate: float, seconds: float, seed: int = 1) -> tuple[Times, Cells]:
    """Return times and cells of independent gamma renewal trains."""
    trains = [renewal(shape, rate, seconds, seed + place) for place in range(cells)]
    return np.concatenate(trains), np.repeat(np.arange(cells), [len(train) for train in trains])
