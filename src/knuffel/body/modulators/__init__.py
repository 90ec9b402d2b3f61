"""Modulators: what acts on neurons, terminals and pulses beside synaptic input: opioids and other drugs."""

from knuffel.body.modulators.component import Levels, LevelsParameters, LevelsSettings, LevelsState
from knuffel.body.modulators.doses import Dose, from_specifications

__all__ = ["Dose", "Levels", "LevelsParameters", "LevelsSettings", "LevelsState", "from_specifications"]
