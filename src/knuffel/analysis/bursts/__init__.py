"""Bursts: of single cells, of a network, and what lies between them; the same definitions for recordings and models."""

from knuffel.analysis.bursts.background import Background, background
from knuffel.analysis.bursts.cells import CellBursts, cell_bursts
from knuffel.analysis.bursts.definitions import Definitions, definitions
from knuffel.analysis.bursts.network import NetworkBursts, network_bursts
from knuffel.analysis.bursts.profile import Profile, profile
from knuffel.analysis.bursts.table import burst_rows, burst_text, bursts_of, spikes_of

__all__ = [
    "Background",
    "CellBursts",
    "Definitions",
    "NetworkBursts",
    "Profile",
    "background",
    "burst_rows",
    "burst_text",
    "bursts_of",
    "cell_bursts",
    "definitions",
    "network_bursts",
    "profile",
    "spikes_of",
]
