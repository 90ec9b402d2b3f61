"""Dosing tables: doses and samples of several subjects in one file, as programs for population kinetics use them."""

from knuffel.dosing_tables.read import read_event_table
from knuffel.dosing_tables.records import ROUTES, Dose, EventTable, Observation
from knuffel.dosing_tables.units_of_columns import WITH_UNIT
from knuffel.dosing_tables.write import ObservedRow, write_event_table, write_observations

__all__ = [
    "ROUTES",
    "WITH_UNIT",
    "Dose",
    "EventTable",
    "Observation",
    "ObservedRow",
    "read_event_table",
    "write_event_table",
    "write_observations",
]
