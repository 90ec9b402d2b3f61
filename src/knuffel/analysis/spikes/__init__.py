"""Statistics of spike trains, all in `statistics`: rate, intervals, hazard, dispersion, autocorrelation; the fit score.

Times are in milliseconds. Fewer than ten spikes give NaN (or an empty histogram), never an error.
"""

from knuffel.analysis.spikes.correlation import autocorrelation
from knuffel.analysis.spikes.dispersion import (
    DISPERSION_BINS,
    count_variation,
    dispersion_of_amounts,
    index_of_dispersion,
    variation_of_amounts,
)
from knuffel.analysis.spikes.interspike import (
    ExponentialTail,
    coefficient_of_variation,
    exponential_tail,
    hazard,
    interval_histogram,
    interval_mode,
    local_coefficient_of_variation,
)
from knuffel.analysis.spikes.quadratic import quadratic_edges, quadratic_hazard, quadratic_histogram
from knuffel.analysis.spikes.rate import mean_rate, poisson_interval
from knuffel.analysis.spikes.score import FitScore, fit_score
from knuffel.analysis.spikes.summary import SpikeStatistics, statistics
from knuffel.analysis.spikes.trains import intervals

__all__ = [
    "DISPERSION_BINS",
    "ExponentialTail",
    "FitScore",
    "SpikeStatistics",
    "autocorrelation",
    "coefficient_of_variation",
    "count_variation",
    "dispersion_of_amounts",
    "exponential_tail",
    "fit_score",
    "hazard",
    "index_of_dispersion",
    "interval_histogram",
    "interval_mode",
    "intervals",
    "local_coefficient_of_variation",
    "mean_rate",
    "poisson_interval",
    "quadratic_edges",
    "quadratic_hazard",
    "quadratic_histogram",
    "statistics",
    "variation_of_amounts",
]
