"""Plasma and extravascular fluid."""

from knuffel.body.circulation.plasma.component import PlasmaTwoCompartment
from knuffel.body.circulation.plasma.parameters import PlasmaParameters, PlasmaSettings, PlasmaState

__all__ = ["PlasmaParameters", "PlasmaSettings", "PlasmaState", "PlasmaTwoCompartment"]
