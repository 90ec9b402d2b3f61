import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.uterus.labour.equations import contraction_shape
from knuffel.engine.random import Streams
from knuffel.observe.tocograph import blocks, catheter, trace
from tests.fixtures import synthetic

STREAMS = Streams(3, "observe")
RUN = synthetic.contractions([100.0, 590.0, 640.0, 2000.0], minutes=60)
WHOLE = trace(RUN, STREAMS, 0, 3_600_000)


def test_grid_is_ten_a_second_and_the_window_is_half_open():
    assert len(WHOLE.time) == 36_000
    assert WHOLE.time[0] == 0
    piece = trace(RUN, STREAMS, 101, 1000)
    assert piece.time[0] == 0.2
    assert piece.time[-1] == 0.9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3_590_000), st.integers(100, 1_300_000))
def test_any_window_has_the_same_bits(start, length):
    end = min(start + length, 3_600_000)
    piece = trace(RUN, STREAMS, start, end)
    inside = (WHOLE.time * 1000 >= start - 1e-6) & (WHOLE.time * 1000 < end - 1e-6)
    assert np.array_equal(piece.pressure, WHOLE.pressure[inside])
    assert np.array_equal(piece.truth, WHOLE.truth[inside])


def test_truth_is_tone_plus_bells():
    expected = np.full_like(WHOLE.time, 10.0)
    for begin in (100.0, 590.0, 640.0, 2000.0):
        expected += 50 * contraction_shape((WHOLE.time - begin) / 80, 0.4)
    assert np.allclose(WHOLE.truth, expected)
    assert WHOLE.truth[1320] == pytest.approx(60)


def test_pressure_is_capped():
    run = synthetic.contractions([10.0, 12.0, 14.0, 16.0], minutes=5)
    assert trace(run, STREAMS, 0, 300_000).truth.max() == 120


def test_noise_has_the_size_it_should_have():
    run = synthetic.contractions([], minutes=48 * 60)
    made = catheter()
    noise = np.concatenate([piece.pressure - piece.truth for piece in blocks(run, STREAMS, 0, 48 * 3_600_000)])
    white = np.diff(noise).std() / np.sqrt(2)
    assert white == pytest.approx(made.noise_sd, rel=0.05)
    total = made.noise_sd**2 + made.tone_noise_sd**2 + made.drift_sd**2 + made.respiration_amplitude**2 / 2
    assert noise.var() == pytest.approx(total, rel=0.3)
    assert abs(noise.mean()) < 1
    steps = np.abs(np.diff(noise))
    edges = np.arange(6000, len(noise), 6000) - 1
    assert steps[edges].max() < steps.max() + 0.5


def test_slow_noise_forgets_with_its_time_constant():
    from knuffel.observe.tocograph import _Paper

    paper = _Paper(RUN, STREAMS, 0)
    values = np.concatenate([paper._wander_block("tocograph tone", block) for block in range(120)])
    assert values.std() == pytest.approx(1, rel=0.1)
    lag = 600
    assert np.corrcoef(values[:-lag], values[lag:])[0, 1] == pytest.approx(np.exp(-1), abs=0.08)
    jumps = np.abs(np.diff(values))
    assert jumps[5999::6000].max() < 1.2 * jumps.max()


def test_a_person_keeps_the_trace_in_company():
    alone = synthetic.contractions([100.0], minutes=10)
    alone.attributes["subject_index"] = [5]
    both = synthetic.contractions([100.0], minutes=10)
    both.attributes["subject_index"] = [4, 5]
    both.variables["uterus.contraction.subject"].data[:] = 1
    frequency = both.variables["uterus.contraction_frequency"]
    object.__setattr__(frequency, "data", np.repeat(frequency.data, 2, axis=0))
    first = trace(alone, STREAMS, 0, 600_000)
    second = trace(both, STREAMS, 0, 600_000, subject=1)
    assert np.array_equal(first.pressure, second.pressure)
    assert trace(both, STREAMS, 0, 600_000, subject=0).truth.max() == 10


@pytest.mark.parametrize(("start", "end"), [(5, 5), (-1, 10), (10, 5), (1, 2)])
def test_impossible_windows_are_refused(start, end):
    with pytest.raises(ValueError, match="window"):
        trace(RUN, STREAMS, start, end)


def test_a_run_without_uterus_has_no_trace():
    with pytest.raises(ValueError, match=r"uterus\.contraction"):
        trace(synthetic.infusion(minutes=15), STREAMS, 0, 1000)
