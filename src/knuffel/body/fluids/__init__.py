"""Saliva and urine: what a laboratory can have without a needle."""

from knuffel.body.fluids.component import FluidParameters, FluidState, SalivaAndUrine

__all__ = ["FluidParameters", "FluidState", "SalivaAndUrine"]
