"""The port graph: equal names connect; everything else is refused with both ends named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knuffel.body.contract import Kind, Port
from knuffel.engine.modes import Part
from knuffel.engine.wiring import connect
from knuffel.errors import WiringError

from .toys import Ramp, Sum, Watcher

LEVEL = Port("a.level", "1", Kind.LEVEL, "a level", default=0.0)


def part(room: str, *, gives: tuple[Port, ...] = (), reads: tuple[Port, ...] = (), interval: int | None = 1000) -> Part:
    return Part(room=room, component=Ramp(), outputs=gives, inputs=reads, interval=interval, exact=interval is None)


def test_equal_names_connect() -> None:
    wiring = connect([Part.of(Ramp()), Part.of(Sum())])
    assert {edge.port.name for edge in wiring.sources(1)} == {"ramp.level", "ramp.flow", "ramp.tick"}
    assert wiring.upstream(1) == {0, 1}


def test_unequal_units_name_both_ends() -> None:
    reader = part("b", reads=(replace(LEVEL, unit="mmHg"),))
    ends = r"a\.level: unequal units: a \(toy\) gives it in 1 .* b \(toy\) reads it in mmHg"
    with pytest.raises(WiringError, match=ends):
        connect([part("a", gives=(LEVEL,)), reader])


def test_unequal_kinds_are_refused() -> None:
    reader = part("b", reads=(replace(LEVEL, kind=Kind.RATE),))
    with pytest.raises(WiringError, match="unequal kinds"):
        connect([part("a", gives=(LEVEL,)), reader])


def test_a_missing_producer_names_the_nearest_port() -> None:
    reader = part("b", reads=(replace(LEVEL, name="a.levels", default=None),))
    ends = r"b \(toy\) needs a\.levels and nothing produces it; the nearest port is a\.level"
    with pytest.raises(WiringError, match=ends):
        connect([part("a", gives=(LEVEL,)), reader])


def test_a_room_that_is_off_without_a_neutral_value_is_named() -> None:
    off = Part(room="a", component=None, outputs=(), neutral=(replace(LEVEL, default=None),))
    with pytest.raises(WiringError, match=r"a \(off\) does not give it"):
        connect([off, part("b", reads=(replace(LEVEL, default=None),))])


def test_two_producers_are_refused() -> None:
    with pytest.raises(WiringError, match=r"produced twice: by a \(toy\) and by b \(toy\)"):
        connect([part("a", gives=(LEVEL,)), part("b", gives=(LEVEL,))])


def test_an_undeclared_backward_edge_prints_its_cycle() -> None:
    forward = replace(LEVEL, name="b.level")
    parts = [part("a", gives=(LEVEL,), reads=(forward,)), part("b", gives=(forward,), reads=(LEVEL,))]
    with pytest.raises(WiringError, match=r"b\.level runs backwards, .* the cycle a -> b -> a"):
        connect(parts)


def test_declared_feedback_is_allowed() -> None:
    forward = replace(LEVEL, name="b.level", feedback=True)
    wiring = connect([part("a", gives=(LEVEL,), reads=(forward,)), part("b", gives=(forward,), reads=(LEVEL,))])
    assert [edge.feedback for edge in wiring.connections] == [True, False]


def test_a_flow_may_not_be_read_more_often_than_it_is_produced() -> None:
    flow = Port("a.flow", "pg/s", Kind.RATE, "a flow", default=0.0)
    with pytest.raises(WiringError, match="give a an interval of at most 1000 ms"):
        connect([part("a", gives=(flow,), interval=10_000), part("b", reads=(flow,))])


def test_events_that_come_back_may_be_read_more_often() -> None:
    wiring = connect([Part.of(Watcher(100)), Part.of(Ramp(1000))])
    assert wiring.intervals == (100, 1000)


def test_intervals_have_to_nest_and_keep_below_the_longest() -> None:
    with pytest.raises(WiringError, match="1000 and 1500 ms do not nest"):
        connect([part("a", gives=(LEVEL,), interval=1500), part("b", reads=(LEVEL,))])
    patient = Ramp()
    patient.longest_interval = 2000  # type: ignore[misc]
    with pytest.raises(WiringError, match="allowed: up to 2000 ms"):
        connect([Part.of(patient, 10_000)])


def test_exact_parts_follow_their_neighbours() -> None:
    exact = part("b", gives=(replace(LEVEL, name="b.level"),), reads=(LEVEL,), interval=None)
    wiring = connect([part("a", gives=(LEVEL,), interval=500), exact])
    assert wiring.intervals == (500, 500)
