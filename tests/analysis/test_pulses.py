from __future__ import annotations

import numpy as np
import pytest

from knuffel.analysis.pulses import PulseRule, detect_pulses, pulse_rule
from knuffel.errors import DataError


def minutes(*levels: float) -> tuple[np.ndarray, np.ndarray]:
    return 60.0 * np.arange(len(levels)), np.array(levels, dtype=float)


def test_the_rule_is_two_deviations_in_samples_of_a_minute() -> None:
    assert (pulse_rule().interval, pulse_rule().deviations) == (60, 2)


@pytest.mark.parametrize(
    ("levels", "peaks"),
    [
        ((2, 2, 2, 2), []),
        ((2, 2.19, 2, 2), []),  # a rise of less than two deviations is none
        ((2, 2.21, 2, 2), [1]),
        ((2, 3, 4, 3, 2), [2]),
        ((4, 3, 2, 2.5, 2), [3]),  # what falls from the start is no pulse
        ((2, 4, 3.9, 4.1, 2), [3]),  # a dip within the scatter does not part two pulses
        ((2, 4, 3, 4, 2), [1, 3]),
        ((2, 2.1, 2.2, 2.3, 2), [3]),  # a slow rise counts from its nadir
        ((2, 2, 3), [2]),  # still rising at the end
        ((2, 3, 1, 1.1, 1.15), [1]),
    ],
)
def test_pulses_in_samples(levels: tuple[float, ...], peaks: list[int]) -> None:
    time, level = minutes(*levels)
    assert detect_pulses(time, level, 0.1).tolist() == [60.0 * peak for peak in peaks]


def test_only_the_samples_are_looked_at() -> None:
    time = np.arange(0.0, 301)
    level = 2 + 5 * ((time > 70) & (time < 110))
    assert detect_pulses(time, level, 0.1).tolist() == []
    every_second = PulseRule(interval=1.0, deviations=2.0)
    assert len(detect_pulses(time, level, 0.1, every_second)) == 1


def test_the_deviation_may_follow_the_level() -> None:
    time, level = minutes(2, 3, 2, 20, 22, 20, 20)
    assert len(detect_pulses(time, level, 0.1)) == 2
    assert detect_pulses(time, level, 0.1 * level).tolist() == [60.0, 240.0]
    assert detect_pulses(time, level, 5.0).tolist() == [240.0]


def test_odd_input() -> None:
    assert len(detect_pulses(np.zeros(0), np.zeros(0), 0.1)) == 0
    assert len(detect_pulses(np.zeros(1), np.ones(1), 0.1)) == 0
    time, level = minutes(1, 2, 3)
    for bad in ((time, level[:2], 0.1), (time[::-1], level, 0.1), (time, level, -1), (time, level * np.nan, 0.1)):
        with pytest.raises(DataError):
            detect_pulses(*bad)
    with pytest.raises(DataError):
        detect_pulses(time, level, np.zeros(2))
