"""Operational receptor model with receptor reserve."""

from knuffel.body.receptors.operational.component import OperationalReceptor, ReceptorParameters, ReceptorState

__all__ = ["OperationalReceptor", "ReceptorParameters", "ReceptorState"]
