"""The fit score: against the recipe written out bin by bin, equal and hopeless models, few spikes, what it tells."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from knuffel.analysis.spikes import FitScore, fit_score, statistics
from knuffel.errors import ParameterError
from tests.analysis.trains import renewal

SECONDS = 1000


def recorded(shape=3.0, rate=2.3, seed=1, seconds=SECONDS, **options):
    return statistics(renewal(shape, rate, seconds, seed), duration=seconds * 1000, **options)


def errors(x, y, cutoff):
    """The rule of the recipe for each bin."""
    found = []
    for one, other in zip(x, y, strict=True):
        big, small = max(one, other), min(one, other)
        found.append((big - small) * 100 if big < cutoff or big == 0 else (big - small) / big * 100)
    return found


def hazard(histogram):
    """The hazard of the recipe: density per bin, over what is left, until less than 1 % is."""
    widths = [1 + 0.05 * place for place in range(511)]
    density = [value / width for value, width in zip(histogram, widths, strict=False)]
    total, left, found = sum(density), 1.0, []
    for value in density:
        if left < 0.01:
            break
        found.append(value / total / left)
        left -= value / total
    return found


def by_hand(recording, model):
    """The recipe, written out."""
    x, y = recording.quadratic_histogram.tolist(), model.quadratic_histogram.tolist()
    cutoff = 0.1 * max(max(x), max(y))
    head = sqrt(sum(error**2 for error in errors(x[:30], y[:30], cutoff)) / 30)
    rest = sqrt(sum(error**2 for error in errors(x[30:125], y[30:125], cutoff)) / 95)
    one, other = sorted((hazard(x), hazard(y)), key=len)
    bins = len(one)
    dangers = sqrt(sum(error**2 for error in errors(one, other[:bins], 0.01)) / bins)
    dangers += 100 * (len(other) - bins) / bins
    dispersion = sum(error**2 for error in errors(recording.dispersion, model.dispersion, 0)) / 100
    return FitScore((100 * head + 100 * rest + 60 * dangers + 20 * dispersion) / 280, head, rest, dangers, dispersion)


@pytest.mark.parametrize("other", [{"shape": 1.0}, {"rate": 8.0}, {"seed": 2}, {"shape": 20.0, "rate": 0.4}])
def test_it_is_the_recipe(other):
    recording, model = recorded(omitted_bins=4), recorded(**{"seed": 5, **other}, omitted_bins=4)
    found, expected = fit_score(recording, model), by_hand(recording, model)
    assert vars(found) == pytest.approx(vars(expected), rel=1e-9)
    assert vars(fit_score(model, recording)) == pytest.approx(vars(found))


def test_equal_recordings_have_no_distance():
    assert fit_score(recorded(), recorded()) == FitScore(0, 0, 0, 0, 0)


def test_each_part_answers_to_what_it_measures():
    recording = recorded()
    again = fit_score(recording, recorded(seed=2))
    faster = fit_score(recording, recorded(rate=9, seed=2))
    poisson = fit_score(recording, recorded(shape=1, seed=2))
    for worse in (faster, poisson):
        assert worse.total > 2 * again.total
    assert poisson.head > again.head
    assert poisson.dispersion > 10 * again.dispersion


def test_the_dispersion_can_be_rooted():
    recording, model = recorded(), recorded(shape=1, seed=2)
    summed, rooted = fit_score(recording, model), fit_score(recording, model, dispersion_term="rms")
    assert rooted.dispersion == pytest.approx(sqrt(summed.dispersion * 100 / 7))
    assert rooted.total == pytest.approx(summed.total + 20 * (rooted.dispersion - summed.dispersion) / 280)
    assert (rooted.head, rooted.rest, rooted.hazard) == (summed.head, summed.rest, summed.hazard)


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_spikes_score_a_thousand(count):
    few = statistics(np.arange(count) * 100.0, duration=10_000)
    for score in (fit_score(recorded(), few), fit_score(few, recorded())):
        assert score.total == 1000
        assert np.isnan([score.head, score.rest, score.hazard, score.dispersion]).all()


def test_intervals_beyond_all_bins_score_a_thousand():
    slow = statistics(np.arange(20) * 10_000.0)
    assert slow.spikes == 20
    assert fit_score(recorded(), slow).total == 1000


def test_short_recordings_are_compared_where_they_can_be():
    recording, model = recorded(seconds=9), recorded(seconds=9, seed=2)
    known = np.isfinite(recording.dispersion)
    assert known.tolist() == [True] * 4 + [False] * 3
    squares = np.square(errors(recording.dispersion[known], model.dispersion[known], 0))
    assert fit_score(recording, model).dispersion == pytest.approx(squares.mean() * 7 / 100)
    missing = replace(model, dispersion=np.full(7, np.nan))
    assert fit_score(recording, missing).dispersion == pytest.approx(700)
    with pytest.raises(ParameterError, match="recording: found 9000 ms without any index of dispersion"):
        fit_score(missing, recording)


def test_unlike_bins_and_unknown_terms_are_refused():
    with pytest.raises(ParameterError, match="equal dispersion_bins and omitted_bins"):
        fit_score(recorded(), recorded(omitted_bins=4))
    with pytest.raises(ParameterError, match="equal dispersion_bins and omitted_bins"):
        fit_score(recorded(), recorded(dispersion_bins=(500, 1000)))
    with pytest.raises(ParameterError, match="dispersion_term: found 'mean'; allowed: sum_of_squares, rms"):
        fit_score(recorded(), recorded(), dispersion_term="mean")
