"""What a gland of many cells adds up: the noise of single cells cancels as one over the root of their number.

Every cell has its own Poisson input; their secretion is added second by second. For independent cells the coefficient
of variation of the sum falls as 1/sqrt(N): a slope of -1/2 on logarithmic axes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.spikes import variation_of_amounts
from knuffel.validation.cells import FORGOTTEN, Floats, record, released
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_CELLS, _SECONDS = 800, 300
_SIZES = (1, 2, 5, 10, 20, 50, 100)


@lru_cache(maxsize=1)
def _secretion() -> Floats:
    """Return what each cell at rest releases in each second (pg)."""
    return released(record("oxytocin-2018", None, FORGOTTEN + _SECONDS, cells=_CELLS))[:, FORGOTTEN:]


def _gland(size: int) -> Floats:
    """Return the secretion of glands of ``size`` cells (pg/s), shape (gland, second)."""
    gland: Floats = _secretion().reshape(-1, size, _SECONDS).mean(axis=1)
    return gland


def _variations() -> Floats:
    return np.array([variation_of_amounts(_gland(size)) for size in _SIZES])


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/population_filter.toml`."""
    found = _variations()
    slope = np.polyfit(np.log(_SIZES), np.log(found), 1)[0]
    return [Row("PF_slope", float(slope)), Row("PF_100", float(found[-1] * np.sqrt(_SIZES[-1]) / found[0]))]


def figures() -> dict[str, Any]:
    """Return a minute of glands of one, ten and a hundred cells, and the coefficient of variation against N."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for size in (1, 10, 100):
        left.step(np.arange(60), _gland(size)[0, :60], where="post", label=f"{size} cell{'s' * (size > 1)}")
    left.set(xlabel="seconds", ylabel="secretion (pg/s)", title="oxytocin-2018 at rest")
    found = _variations()
    right.loglog(_SIZES, found, "o-", label="model")
    right.loglog(_SIZES, found[0] / np.sqrt(_SIZES), "k:", label="1/sqrt(N) from one cell")
    right.set(xlabel="cells N", ylabel="CV of secretion in 1 s")
    for axes in (left, right):
        axes.legend(fontsize="small", frameon=False)
    left.set_ylim(bottom=0)
    return {"population_filter": figure}
