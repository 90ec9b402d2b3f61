"""Cerebrospinal fluid."""

from knuffel.body.circulation.csf.component import CerebrospinalFluid, FluidParameters, FluidSettings, FluidState

__all__ = ["CerebrospinalFluid", "FluidParameters", "FluidSettings", "FluidState"]
