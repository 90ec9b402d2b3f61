"""Physiology: what stays constant in one person or animal during a run (basal level, clearance, receptor density)."""

from knuffel.body.physiology.component import Adult, AdultParameters, AdultSettings, AdultState

__all__ = ["Adult", "AdultParameters", "AdultSettings", "AdultState"]
