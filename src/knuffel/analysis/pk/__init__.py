"""Kinetics without a compartment model: areas, peaks, half-lives and clearances of curves of concentration.

The rules are those of non-compartmental analysis as programs and textbooks have them (Gabrielsson and Weiner 2012,
DOI 10.1007/978-1-62703-059-5_16, and Rowland and Tozer, Clinical Pharmacokinetics and Pharmacodynamics: both from
memory, not read for this code). Where programs differ, the docstrings say what is done here.
"""

from knuffel.analysis.pk.area import METHODS, area, moment, time_above, value_at
from knuffel.analysis.pk.curve import ROUTES
from knuffel.analysis.pk.summary import PkSummary, bioavailability, summarise
from knuffel.analysis.pk.terminal import Terminal, terminal_phase

__all__ = [
    "METHODS",
    "ROUTES",
    "PkSummary",
    "Terminal",
    "area",
    "bioavailability",
    "moment",
    "summarise",
    "terminal_phase",
    "time_above",
    "value_at",
]
