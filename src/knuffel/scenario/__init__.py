"""What a user writes: reading a scenario file, checking it, and saying in plain words what it will run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knuffel.scenario.model import Scenario

__all__ = ["bundled", "load_scenario", "loads_scenario"]


def load_scenario(source: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Scenario:
    """Read a YAML file, or the bundled scenario of that name, with ``path=value`` overrides.

    Raises `ScenarioError`, which holds every mistake that was found.

    >>> from knuffel import load_scenario
    >>> load_scenario("infusion_man", ["subject.weight=80 kg"]).subject.weight
    80.0
    """
    from knuffel.scenario.read import load

    return load(source, overrides)


def loads_scenario(text: str, overrides: Sequence[str] = (), *, name: str = "scenario") -> Scenario:
    """Read a scenario from YAML text. Raises `ScenarioError`."""
    from knuffel.scenario.read import loads

    return loads(text, overrides, name=name)


def bundled() -> tuple[str, ...]:
    """Return the names of the scenarios that come with knuffel."""
    from knuffel.scenario.source import bundled_names

    return bundled_names()
