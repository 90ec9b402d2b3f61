"""Weights outside what is usual: one rule for the weights of a cohort and for those of a dosing table."""

from __future__ import annotations

from collections.abc import Iterable

from knuffel.scenario.subject import USUAL_WEIGHT

__all__ = ["UNUSUAL", "unusual_weight"]

UNUSUAL = "unusual_weight"
"""The code of the notice."""


def unusual_weight(weights: Iterable[float], species: str) -> str | None:
    """Return what to say of weights (kg) of which some are unusual, naming the first one; else None.

    A weight that is not above zero is a mistake, and told as one elsewhere.
    """
    low, high = USUAL_WEIGHT[species]
    outside = [weight for weight in weights if weight > 0 and not low <= weight <= high]
    if not outside:
        return None
    more = f", and {len(outside) - 1} more like it" if len(outside) > 1 else ""
    return f"a weight of {outside[0]:g} kg is unusual for a {species} ({low:g} to {high:g} kg){more}"
