"""The cells that the studies share: counting, matching a rate, release cell by cell, and the lactating set."""

from __future__ import annotations

import pytest

from knuffel.body.secretion.terminal import TerminalSecretion, secrete
from knuffel.evidence import load
from knuffel.validation.cells import at_rate, record, released
from knuffel.validation.drive import numbers


def test_a_rate_is_matched_by_the_input_alone() -> None:
    found = at_rate("oxytocin-2018", 3.0, 60, ahp_size=0.0)
    assert found.rate == pytest.approx(3.0, rel=0.02)
    assert found.psp_rate < at_rate("oxytocin-2018", 3.0, 60).psp_rate


def test_cells_release_one_by_one_what_they_release_as_a_gland() -> None:
    recording = record("oxytocin-2018", None, 20, cells=7)
    trains = [recording.time[recording.cell == cell] for cell in range(7)]
    gland = secrete(trains, numbers(TerminalSecretion.Parameters), 20_000, synthesis="none")
    each = released(recording)
    assert each.shape == (7, 20)
    assert each.mean(axis=0) == pytest.approx(gland.rate, rel=1e-12)


def test_a_lactating_cell_differs_in_its_ahp_only() -> None:
    normal, lactating = (load.sets()[name].parameters for name in ("oxytocin-2018", "oxytocin-2018-lactating"))
    usual = {**load.parameters(), **normal}
    changed = {key for key, entry in lactating.items() if entry.value != usual[key].value}
    assert set(normal) <= set(lactating)
    assert changed == {"neurons.ahp_size", "secretion.resting_gland_rate", "secretion.resting_firing_rate"}
    assert lactating["neurons.ahp_size"].value == pytest.approx(1.4 * float(normal["neurons.ahp_size"].value))
