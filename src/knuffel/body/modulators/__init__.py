"""Modulators: what acts on neurons and terminals beside their synaptic input; here the opioids."""

from knuffel.body.modulators.component import Levels, LevelsParameters, LevelsState

__all__ = ["Levels", "LevelsParameters", "LevelsState"]
