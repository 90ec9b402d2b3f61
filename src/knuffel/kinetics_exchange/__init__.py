"""The kinetic part of a scenario as a model in the Systems Biology Markup Language (SBML)."""

from knuffel.kinetics_exchange.export import SbmlExport, export_sbml

__all__ = ["SbmlExport", "export_sbml"]
