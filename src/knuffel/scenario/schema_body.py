"""What a scenario file may hold: the body plan, room by room, and what is observed; the file as a whole."""

from __future__ import annotations

from typing import Any

from pydantic import Field, create_model

from knuffel.body.plan import ROOMS
from knuffel.scenario.quantities import Clock, Flag, Frequency, Number, Time, Whole, choice
from knuffel.scenario.schema import Engine, Section, Subject, Texts
from knuffel.scenario.schema_events import Dose, DoseTable, Stimulus
from knuffel.scenario.schema_population import Population

__all__ = ["Document", "Observe", "Record", "Room", "Sample", "Signal", "Train"]


class Train(Section):
    """Regular events: the first one interval after the start."""

    REQUIRED = ("rate", "start", "duration")

    rate: Frequency | None = Field(None, description="how many a second")
    start: Time | None = Field(None, description="when the train begins")
    duration: Time | None = Field(None, description="how long it lasts")


class Signal(Section):
    """A prescribed output: one of value, table, expression, times, train."""

    value: str | None = Field(None, description="a constant with its unit", examples=["5 pg/mL"])
    table: list[list[str | None] | None] | None = Field(
        None,
        description="pairs of time and value, each with its unit",
        examples=[[["0 min", "2 pg/mL"], ["10 min", "5 pg/mL"]]],
    )
    interpolation: choice("linear", "step") | None = Field(  # type: ignore[valid-type]
        None, description="between the rows of a table: linear (unless given) or step"
    )
    expression: str | None = Field(
        None, description="a formula of t in seconds", examples=["1.9 + 3*exp(-t/600)", "where(t < 60, 1, 2)"]
    )
    unit: str | None = Field(None, description="the unit of the expression", examples=["pg/mL"])
    times: list[Time | None] | None = Field(None, description="events: when they happen")
    train: Train | None = Field(None, description="events: a regular train")


class Room(Section):
    """What stands in a room of the body. Short forms: the name of a model, or `off`."""

    model: str | None = Field(None, description="the model; each room has a default")
    mode: choice("model", "prescribed", "off") | None = Field(  # type: ignore[valid-type]
        None, description="model (run it), prescribed (you give its outputs), off (silent)"
    )
    set: list[str | None] | None = Field(None, description="a published set of parameters, or several; later ones win")
    parameters: dict[str, str | None] | None = Field(
        None,
        description="parameter -> value with unit; the name of the room may be left out",
        examples=[{"psp_rate": "190 Hz"}],
    )
    outputs: dict[str, Signal | None] | None = Field(None, description="prescribed outputs, by port")
    settings: dict[str, str | None] | None = Field(None, description="structural choices of the model")
    cells: Whole | None = Field(None, description="neurons: how many cells; 100 (a network 48) unless given")
    graph: str | None = Field(
        None,
        description="neurons, a network: a file of connections; its folder counts from that of the scenario",
        examples=["connections.csv"],
    )
    recording: str | None = Field(
        None,
        description="neurons, model replay: a file of spike times; its folder counts from that of the scenario",
        examples=["cell.csv"],
    )
    unit: choice("s", "ms", "us") | None = Field(  # type: ignore[valid-type]
        None, description="with recording: the unit of its times; what the file says unless given"
    )
    repeat: Flag | None = Field(
        None, description="with recording: play it again when it ends, and before the start; no unless given"
    )


class Record(Section):
    """What is kept of the run."""

    every: Time | None = Field(
        None, description="one row this often; 10 s with spiking neurons, else 60 s (10 min when longer than 2 days)"
    )
    variables: list[str | None] | None = Field(None, description="ports to keep; `all` unless given")
    spikes: Flag | None = Field(None, description="keep every spike; yes unless given")


class Sample(Section):
    """Samples of blood, saliva or urine that a laboratory measures."""

    REQUIRED = ("assay",)

    assay: str | None = Field(
        None, description="the assay: truth, ria_extracted, eia_unextracted, …", examples=["ria_extracted"]
    )
    name: str | None = Field(None, description="a name of your own for the series")
    port: str | None = Field(None, description="what is sampled; plasma.oxytocin_concentration unless given")
    every: Time | None = Field(None, description="one sample this often")
    from_: Time | None = Field(None, alias="from", description="with `every`: the first; the start unless given")
    to: Time | None = Field(None, description="with `every`: the last; the end unless given")
    times: list[Time | None] | None = Field(None, description="the times, in place of `every`")
    tube: choice("edta", "inhibitor", "heparin", "serum") | None = Field(  # type: ignore[valid-type]
        None, description="blood: the tube; oxytocinase breaks oxytocin down in heparin and serum; edta unless given"
    )
    held: Time | None = Field(None, description="blood: time from drawing to the assay; none unless given")
    unit: choice("pg/mL", "uU/mL", "pmol/L") | None = Field(  # type: ignore[valid-type]
        None, description="the unit of the report; pg/mL unless given"
    )
    ug_per_iu: Number | None = Field(
        None, description="with uU/mL: ug of oxytocin in one IU, 1.6 to 2.2; that of the assay unless given"
    )
    gain: Number | None = Field(
        None, description="how many times too high this laboratory reads oxytocin, 1 to 33; 1 unless given"
    )


class Observe(Section):
    """What is recorded and measured."""

    record: Record | None = Field(None, description="what is kept of the model itself")
    samples: list[Sample | None] | None = Field(None, description="samples of blood, saliva or urine")
    tocograph: Flag | None = Field(None, description="a pressure trace; yes when there is a uterus")


_rooms: dict[str, Any] = {room: (Room | None, Field(None, description=f"the room `{room}`")) for room in ROOMS}
_Body = create_model("Body", __base__=Section, __doc__="Which model stands in each room.", **_rooms)


class Document(Section):
    """A knuffel scenario: who, what happens, which model stands in each room, what is observed."""

    REQUIRED = ("duration", "subject")

    knuffel: Whole | None = Field(None, description="the version of this format: 1")
    name: str | None = Field(None, description="a short name; the name of the file unless given", examples=["my_run"])
    title: Texts | None = Field(None, description="a title; a text or one for each language")
    description: Texts | None = Field(None, description="what this shows; a text or one for each language")
    start: Clock | None = Field(None, description="the time of the day at which it starts; 09:00 unless given")
    duration: Time | None = Field(None, description="how long it runs")
    fidelity: choice("spiking", "rate") | None = Field(  # type: ignore[valid-type]
        None,
        description="spiking (unless given): every neuron, millisecond by millisecond; rate: neurons and gland from "
        "tables of the spiking cells, for days to months",
    )
    rate_table: str | None = Field(
        None, description="with fidelity rate: the file of a table of your own, made by knuffel build-rate-tables"
    )
    seed: Whole | None = Field(None, description="the same scenario and seed give the same result; 1 unless given")
    subject: Subject | None = Field(None, description="who")
    population: Population | None = Field(None, description="virtual subjects that differ from each other")
    stimuli: list[Stimulus | None] | None = Field(None, description="what happens (also called events)")
    doses: list[Dose | None] | None = Field(None, description="drugs")
    dose_table: DoseTable | None = Field(None, description="drugs from a table; its IDs are the subjects")
    body: _Body | None = Field(None, description="which model stands in each room")
    observe: Observe | None = Field(None, description="what is recorded and measured")
    engine: Engine | None = Field(None, description="how it is computed")
