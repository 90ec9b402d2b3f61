"""The files of the published engine of the network: parameters and connections, read and written."""

from knuffel.network_files.graph import graph_text, read_graph
from knuffel.network_files.parameters import DEFAULTS, parameter_text, read_parameters

__all__ = ["DEFAULTS", "graph_text", "parameter_text", "read_graph", "read_parameters"]
