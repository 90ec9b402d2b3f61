"""Physiology: what one person or animal brings to a run (basal level, clearance, receptor density, pregnancy)."""

from knuffel.body.physiology.component import Adult, AdultState
from knuffel.body.physiology.parameters import AdultParameters, AdultSettings

__all__ = ["Adult", "AdultParameters", "AdultSettings", "AdultState"]
