"""The body plan: which rooms there are, in the order of the signal, and which models can stand in each.

A new component is one folder and one line here, or, in another package, one entry point in the group
``knuffel.components`` whose name is ``room/model`` and whose value is the class.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points

from knuffel.body.contract import Component

__all__ = ["DEFAULT_MODEL", "ROOMS", "component_class", "models"]

_BUILT_IN: dict[str, dict[str, str]] = {
    "physiology": {"adult": "knuffel.body.physiology:Adult"},
    "stimuli": {"events": "knuffel.body.stimuli:StimulusEvents"},
    "modulators": {"levels": "knuffel.body.modulators:Levels"},
    "neurons": {
        "if-oxytocin": "knuffel.body.neurons.integrate_and_fire:IntegrateAndFireOxytocin",
        "rate": "knuffel.body.neurons.rate:RateNeurons",
        "hh-oxytocin": "knuffel.body.neurons.hodgkin_huxley:HodgkinHuxleyOxytocin",
        "rossoni-2008": "knuffel.body.neurons.network:NetworkOxytocin",
        "if-network": "knuffel.body.neurons.if_network:CompanionNetwork",
        "if-vasopressin": "knuffel.body.neurons.vasopressin:IntegrateAndFireVasopressin",
        "poisson": "knuffel.body.neurons.poisson:PoissonCells",
        "replay": "knuffel.body.neurons.replay:ReplayedCells",
    },
    "secretion": {
        "secretion-2018": "knuffel.body.secretion.terminal:TerminalSecretion",
        "rate": "knuffel.body.secretion.rate:RateSecretion",
        "basal": "knuffel.body.secretion.basal:BasalSecretion",
    },
    "pulses": {
        "breastfeeding": "knuffel.body.pulses:BreastfeedingPulses",
        "spontaneous": "knuffel.body.pulses.spontaneous:SpontaneousPulses",
    },
    "pump": {"induction": "knuffel.body.pump:InductionPump"},
    "plasma": {"two-compartment": "knuffel.body.circulation.plasma:PlasmaTwoCompartment"},
    "csf": {"one-compartment": "knuffel.body.circulation.csf:CerebrospinalFluid"},
    "fluids": {"saliva-and-urine": "knuffel.body.fluids:SalivaAndUrine"},
    "receptors": {"operational": "knuffel.body.receptors.operational:OperationalReceptor"},
    "uterus": {"labour": "knuffel.body.uterus.labour:LabourUterus"},
    "breast": {
        "human-breast": "knuffel.body.breast.human:HumanBreast",
        "rat-mammary-gland": "knuffel.body.breast.rat:RatMammaryGland",
    },
    "circulation": {"vasodilation": "knuffel.body.circulation.pressure:Vasodilation"},
    "water": {"antidiuresis": "knuffel.body.water:Antidiuresis"},
}

ROOMS: tuple[str, ...] = tuple(_BUILT_IN)
"""The rooms in the order of the signal."""

DEFAULT_MODEL: dict[str, str] = {room: next(iter(models)) for room, models in _BUILT_IN.items()}
"""The model that stands in a room when the scenario does not say."""


@lru_cache(maxsize=1)
def _outside() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for point in entry_points(group="knuffel.components"):
        room, _, model = point.name.partition("/")
        found.setdefault(room, {})[model] = point.value
    return found


def models(room: str) -> dict[str, str]:
    """Return the models of a room: name -> ``module:Class``."""
    return {**_BUILT_IN.get(room, {}), **_outside().get(room, {})}


def component_class(room: str, model: str) -> type[Component]:
    """Import and return the class of a model. Raises KeyError when the room has no such model."""
    module, _, name = models(room)[model].partition(":")
    found: type[Component] = getattr(import_module(module), name)
    return found
