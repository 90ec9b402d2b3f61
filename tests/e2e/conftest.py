"""Small versions of the bundled scenarios: the same model with fewer cells, so that a test takes a second."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from knuffel import load_scenario
from knuffel.scenario.model import Scenario

Command = Callable[..., subprocess.CompletedProcess[str]]

_FEED = ["duration=16 min", "stimuli[0].start=10 min", "stimuli[0].duration=5 min"]

SHORTER = {
    "depletion_rat": ["duration=30 min"],
    "month_of_hugs": ["duration=1 day", "stimuli[1].start=15 h"],
    "five_days_of_feeds": ["duration=6 h", "stimuli[0].repeat.count=2"],
    "nursing_rat": ["duration=14 min", "stimuli[0].duration=10 min"],
    "nursing_woman": _FEED,
    "nursing_woman_stressed": [*_FEED, "stimuli[1].duration=15 min"],
    "nursing_with_antagonist": _FEED,
    "pump_session": ["duration=11 min", "stimuli[0].duration=5 min"],
    "nursing_woman_network": ["duration=14 min", "stimuli[0].duration=8 min"],
}
"""What makes a long scenario last seconds; its full length has a test of its own."""


def small(name: str, changes: Sequence[str] = ()) -> Scenario:
    """Return a bundled scenario with at most 20 cells and every check of the engine switched on."""
    scenario = load_scenario(name)
    changes = [*SHORTER.get(name, ()), *changes]
    cells = ["body.neurons.cells=20"] if scenario.rooms["neurons"].settings.get("cells", 0) > 20 else []
    return load_scenario(name, [*cells, "engine.debug=true", *changes])


@pytest.fixture
def knuffel() -> Command:
    """Run the command line in a process of its own."""

    def call(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "knuffel.cli", *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False, **options)  # type: ignore[call-overload,no-any-return]

    return call
