import numpy as np
import pytest

from knuffel.analysis.montevideo import (
    detect,
    montevideo_units,
    resting_tone,
    rolling_count,
    smooth,
    tachysystole,
    tetany,
)
from knuffel.engine.random import Streams
from knuffel.observe.tocograph import trace
from tests.fixtures import synthetic

STREAMS = Streams(5, "observe")


def paper(begins, **options):
    run = synthetic.contractions(list(begins), **options)
    minutes = options.get("minutes", 60)
    return trace(run, STREAMS, 0, minutes * 60_000)


def test_every_contraction_is_found_at_its_peak():
    begins = np.arange(60, 3400, 180.0)
    seen = paper(begins)
    found = detect(seen.time, seen.pressure)
    assert len(found) == len(begins)
    assert np.allclose(found.peak_time, begins + 32, atol=6)
    assert np.allclose(found.rise, 50, atol=4)
    assert ((found.duration > 50) & (found.duration < 80)).all()


def test_noise_alone_is_no_contraction():
    seen = paper([], minutes=240)
    assert len(detect(seen.time, seen.pressure)) == 0


@pytest.mark.parametrize(("height", "count"), [(11.0, 0), (20.0, 10)])
def test_what_rises_too_little_does_not_count(height, count):
    seen = paper(np.arange(100, 3500, 350.0), amplitude=height)
    assert len(detect(seen.time, seen.pressure)) == count


def test_montevideo_units_of_the_trace_equal_those_of_the_contractions():
    begins = np.arange(30, 7100, 150.0)
    seen = paper(begins, minutes=120)
    found = detect(seen.time, seen.pressure)
    units = montevideo_units(found.peak_time, found.rise, np.array([7200.0]), over=7200)
    assert units[0] == pytest.approx(50 * 4, rel=0.08)


def test_montevideo_units_follow_their_definition():
    peaks, rises = np.array([50.0, 100.0, 700.0, 1900.0]), np.array([40.0, 60.0, 50.0, 30.0])
    assert montevideo_units(peaks, rises, np.array([600.0, 700.0, 1900.0])).tolist() == [100, 50, 30]
    assert montevideo_units(peaks, rises, np.array([1800.0]), over=1800).tolist() == [50]
    assert rolling_count(peaks[::-1], np.array([2000.0]), 2000, rises[::-1]).tolist() == [180]


@pytest.mark.parametrize(("in_ten_minutes", "flag"), [(6, True), (5, False)])
def test_tachysystole_is_more_than_five_in_ten_minutes_for_thirty(in_ten_minutes, flag):
    begins = np.arange(18) * 100.0 if flag else np.arange(15) * 120.0
    seen = paper(begins + 5, duration=60.0, minutes=30)
    found = detect(seen.time, seen.pressure)
    assert len(found) == 3 * in_ten_minutes
    assert tachysystole(found.peak_time, np.array([1800.0]))[0] == flag


def test_tetany_is_a_contraction_that_does_not_end():
    normal = paper(np.arange(60, 3400, 180.0))
    assert tetany(normal.time, normal.pressure) == []
    long = paper([600.0], duration=240.0)
    (stretch,) = tetany(long.time, long.pressure)
    assert 600 <= stretch[0] < stretch[1] <= 840
    held = paper(np.arange(600, 900, 40.0), duration=100.0)
    stretches = tetany(held.time, held.pressure)
    assert len(stretches) == 1
    assert stretches[0][1] - stretches[0][0] > 240


def test_tone_is_the_floor_of_the_trace():
    seen = paper(np.arange(60, 7000, 130.0), minutes=120)
    error = resting_tone(seen.time, smooth(seen.time, seen.pressure)) - seen.tone
    drift = smooth(seen.time, seen.pressure - seen.truth)
    assert np.abs((error - drift).mean()) < 1.5


def test_a_short_trace_is_no_trouble():
    assert len(detect(np.array([0.0, 0.1]), np.array([10.0, 10.0]))) == 0
    assert tetany(np.array([0.0]), np.array([10.0])) == []
