"""Operational receptor model with receptor reserve, competition and desensitisation."""

from knuffel.body.receptors.operational.component import OperationalReceptor, ReceptorState
from knuffel.body.receptors.operational.parameters import ReceptorParameters, ReceptorSettings

__all__ = ["OperationalReceptor", "ReceptorParameters", "ReceptorSettings", "ReceptorState"]
"""`OperationalReceptor`: oxytocin receptors with receptor reserve, which drugs share and stimulation wears down."""
