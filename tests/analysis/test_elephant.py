"""The statistics against those of elephant, a package of the field for spike trains."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest

from knuffel.analysis import spikes
from knuffel.analysis.spikes import statistics
from tests.analysis.trains import renewal, several

with warnings.catch_warnings():
    # What elephant and its libraries say of their own code while they are loaded.
    warnings.simplefilter("ignore")
    import elephant.statistics as oracle
    import neo
    import quantities as pq
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import cross_correlation_histogram

pytestmark = pytest.mark.filterwarnings("ignore:The 'copy' argument in Quantity is deprecated")

SECONDS = 400
TRAINS = {"bursting": (0.4, 3), "poisson": (1, 2.3), "oxytocin": (3, 2.3), "stimulated": (5, 9)}


def whole(shape, rate, seconds=SECONDS, seed=1):
    """Return a train on the ms grid, so that bins of both packages hold the same spikes."""
    return np.unique(np.floor(renewal(shape, rate, seconds, seed)))


def neo_train(times, start=0, stop=SECONDS * 1000):
    return neo.SpikeTrain(times * pq.ms, t_start=start * pq.ms, t_stop=stop * pq.ms)


@pytest.fixture(params=TRAINS)
def times(request):
    return whole(*TRAINS[request.param])


def test_rate_and_intervals(times):
    train, found = neo_train(times), statistics(times, duration=SECONDS * 1000)
    gap = oracle.isi(train).magnitude
    np.testing.assert_array_equal(spikes.intervals(times), gap)
    assert found.rate == pytest.approx(float(oracle.mean_firing_rate(train).rescale("Hz")))
    assert found.interval_mean == pytest.approx(gap.mean())
    assert found.interval_cv == pytest.approx(oracle.cv(gap))
    assert found.interval_cv2 == pytest.approx(oracle.cv2(gap))


def fano_factor(times, width):
    """Return elephant's Fano factor of the pieces of a train, taken as trials."""
    pieces = [
        neo_train(times[(times >= low) & (times < high)], low, high)
        for low, high in pairwise(np.arange(SECONDS * 1000 // width + 1) * width)
    ]
    return oracle.fanofactor(pieces)


def test_dispersion(times):
    found = statistics(times, duration=SECONDS * 1000)
    for width, dispersion in zip(spikes.DISPERSION_BINS, found.dispersion, strict=True):
        assert dispersion == pytest.approx(fano_factor(times, width))


def test_dispersion_over_several_cells():
    """Pooled over cells: the Fano factors weighted by the spikes of the cells."""
    times, cell = several(4, 2, 5, SECONDS)
    found = spikes.index_of_dispersion(times, SECONDS * 1000, (4000,), cells=cell)[0]
    factors = [fano_factor(times[cell == number], 4000) for number in range(4)]
    assert found == pytest.approx(np.average(factors, weights=np.bincount(cell)))


def test_counts_and_course(times):
    found = statistics(times, duration=SECONDS * 1000)
    width = found.course_bin
    counts = oracle.time_histogram([neo_train(times)], bin_size=width * pq.ms).magnitude.ravel()
    np.testing.assert_allclose(found.course_rate, counts / (width / 1000))


@pytest.mark.parametrize("cells", [1, 5])
def test_autocorrelation(cells):
    """Both count pairs of spikes by their distance; elephant in bins of 1 ms, which are taken together here."""
    times, cell = several(cells, 3, 9, 60)
    cell, times = np.unique(np.stack([cell, np.floor(times)]), axis=1)
    longest, width = 200, 5
    pairs = np.zeros(longest // width)
    for number in range(cells):
        binned = BinnedSpikeTrain(neo_train(times[cell == number], stop=60_000), bin_size=1 * pq.ms)
        histogram, lags = cross_correlation_histogram(binned, binned, window=[-longest, longest])
        later = histogram.magnitude.ravel()[(lags >= 0) & (lags < longest)]
        later[0] = 0  # elephant pairs a spike with itself
        pairs += later.reshape(-1, width).sum(axis=1)
    left, found = spikes.autocorrelation(times, cell, duration=60_000, longest=longest)
    number = np.bincount(cell.astype(int))
    expected = width * (60_000 - left - width / 2) / 60_000**2 * (number * (number - 1.0)).sum()
    np.testing.assert_allclose(found * expected, pairs, atol=1e-6)
