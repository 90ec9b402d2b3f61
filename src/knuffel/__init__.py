"""knuffel: an executable, quantitative model of the oxytocin system.

Describe who (species, sex, state) and what happens (a hug, an infusion) in a scenario; `simulate` computes what the
neurons fire, what the blood contains, what the receptors see and what the organ does, with units and sources.

>>> import knuffel
>>> result = knuffel.simulate("infusion_man")
>>> result.dataset["plasma.oxytocin_concentration"].attrs["units"]
'pg/mL'

Not medical advice.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from knuffel.errors import KnuffelError
    from knuffel.evidence.load import parameters
    from knuffel.kinetics import Kinetics, plasma_kinetics
    from knuffel.result import Result
    from knuffel.scenario import bundled, load_scenario
    from knuffel.scenario.model import Scenario
    from knuffel.simulation import simulate

__all__ = [
    "Kinetics",
    "KnuffelError",
    "Result",
    "Scenario",
    "__version__",
    "bundled",
    "load_scenario",
    "parameters",
    "plasma_kinetics",
    "simulate",
]

_HOME = {
    "Kinetics": "knuffel.kinetics",
    "KnuffelError": "knuffel.errors",
    "Result": "knuffel.result",
    "Scenario": "knuffel.scenario.model",
    "bundled": "knuffel.scenario",
    "load_scenario": "knuffel.scenario",
    "parameters": "knuffel.evidence.load",
    "plasma_kinetics": "knuffel.kinetics",
    "simulate": "knuffel.simulation",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import knuffel`` stays light."""
    if name not in _HOME:
        raise AttributeError(f"module 'knuffel' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
