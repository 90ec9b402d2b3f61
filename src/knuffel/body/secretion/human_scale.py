"""From the modelled (rat) gland to a person's blood: what all models with a gland share."""

from __future__ import annotations

from typing import Any

from knuffel.body.contract import Inputs
from knuffel.errors import Notice

__all__ = ["human_gland", "slopes"]


def slopes(parameters: Any, burst_slope: str, inputs: Inputs) -> tuple[Any, Any]:
    """Return the factors below and above the knee: tonic secretion keeps the subject at its own basal concentration.

    ``burst_slope`` says which factor holds in bursts: default, lactation or labour. Assumed: our design.
    """
    basal = inputs.mean("physiology.basal_concentration") * inputs.mean("physiology.clearance")
    return basal / parameters.resting_gland_rate, getattr(parameters, f"burst_slope_{burst_slope}")


def human_gland() -> Notice:
    """Return the warning that the human scale is assumed."""
    text = "the human gland is assumed: the modelled gland, scaled by one slope at rest and another in bursts"
    return Notice("human_gland", text, "secretion")
