"""Plasma: two-compartment kinetics of oxytocin, endogenous and given as two labelled copies."""

from knuffel.body.circulation.plasma.component import PlasmaParameters, PlasmaState, PlasmaTwoCompartment

__all__ = ["PlasmaParameters", "PlasmaState", "PlasmaTwoCompartment"]
