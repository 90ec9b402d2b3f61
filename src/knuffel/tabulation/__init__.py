"""Rate tables, computed from the spiking cells and terminals (`knuffel build-rate-tables`)."""

from knuffel.tabulation.build import build_table, overrides, shipped_sets, write_table

__all__ = ["build_table", "overrides", "shipped_sets", "write_table"]
