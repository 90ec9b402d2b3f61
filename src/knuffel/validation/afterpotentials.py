"""What a fit of the cell needs: both the HAP and the AHP (DOI 10.1371/journal.pone.0180368).

The recording is known: cells of the set `spikemod-2017like` at rest. Models of the same rate, whole, without AHP,
without HAP and without both (the PSP rate is moved to keep the rate), are scored against it as in the published fitting
code. Without the AHP the dispersion of counts goes wrong, without the HAP the head of the interval histogram.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from knuffel.analysis.spikes import FitScore, SpikeStatistics, fit_score, statistics
from knuffel.validation.cells import Recording, record
from knuffel.validation.row import Row
from knuffel.validation.spiking import REST, at_published

__all__ = ["figures", "rows"]

_SET, _SEED, _OMITTED = "spikemod-2017like", 2, 4
"""The cells, the seed of the recording (not that of the models), and the last bins that the published score leaves."""

MODELS: dict[str, dict[str, float]] = {
    "whole": {},
    "no AHP": {"ahp_size": 0.0},
    "no HAP": {"hap_size": 0.0},
    "neither": {"ahp_size": 0.0, "hap_size": 0.0},
}
"""What each model leaves out."""


def _statistics(found: Recording) -> SpikeStatistics:
    duration = found.seconds * 1000
    return statistics(found.time, found.cell, duration=duration, omitted_bins=_OMITTED, cell_count=found.cells)


@lru_cache(maxsize=1)
def _seen() -> SpikeStatistics:
    """Return the statistics of the recording."""
    return _statistics(record(_SET, at_published(_SET, REST).psp_rate, REST[1], seed=_SEED))


@lru_cache(maxsize=4)
def _made(model: str) -> SpikeStatistics:
    """Return the statistics of a model."""
    return _statistics(at_published(_SET, REST, **MODELS[model]))


def _scores() -> dict[str, FitScore]:
    return {model: fit_score(_seen(), _made(model)) for model in MODELS}


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/afterpotentials.toml`."""
    score = _scores()
    return [
        Row("AF_whole", score["whole"].total),
        Row("AF_no_ahp_dispersion", score["no AHP"].dispersion / score["whole"].dispersion),
        Row("AF_no_hap_head", score["no HAP"].head / score["whole"].head),
        Row("AF_no_ahp", score["no AHP"].total / score["whole"].total),
        Row("AF_no_hap", score["no HAP"].total / score["whole"].total),
    ]


def figures() -> dict[str, Any]:
    """Return intervals and dispersion of the recording and of each model, and the parts of the score."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.8), layout="constrained")
    histogram, dispersion, parts = figure.subplots(1, 3)
    for model in MODELS:
        made = _made(model)
        histogram.step(made.interval_left, made.interval_histogram, where="post", label=model)
        dispersion.plot(made.dispersion_bins / 1000, made.dispersion, "o-", markersize=4, label=model)
    seen = _seen()
    histogram.step(seen.interval_left, seen.interval_histogram, "k:", where="post", label="recording")
    dispersion.plot(seen.dispersion_bins / 1000, seen.dispersion, "kx:", label="recording")
    histogram.set(xlabel="interspike interval (ms)", ylabel="intervals per 10 000 and 5 ms", xlim=(0, 400))
    histogram.set_yscale("log")
    histogram.set_ylim(10, 10_000)
    dispersion.set(xlabel="bin width (s)", ylabel="index of dispersion of counts")
    dispersion.set_ylim(bottom=0)
    names = ("head", "rest", "hazard", "dispersion")
    for place, (model, score) in enumerate(_scores().items()):
        parts.bar([row + 0.2 * place for row in range(4)], [getattr(score, name) for name in names], 0.2, label=model)
    parts.set_xticks([row + 0.3 for row in range(4)], names)
    parts.set_yscale("log")
    parts.set_ylim(0.1, 10_000)
    parts.set(ylabel="error against the recording (%)", title="parts of the fit score")
    for axes in (histogram, parts):
        axes.legend(fontsize="small", frameon=False)
    return {"afterpotentials": figure}
