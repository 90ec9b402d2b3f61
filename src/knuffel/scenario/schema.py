"""What a scenario file may hold, key by key: the whole, the subject, the engine. Also the source of the JSON Schema.

Nothing is required by pydantic itself: missing keys are found afterwards (`REQUIRED`), so that one reading finds all
mistakes. Values that fail are reported and left out.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from knuffel.scenario.quantities import Days, Flag, Mass, Time, Week, Whole, choice

__all__ = ["Engine", "Section", "Subject", "Texts"]


class Section(BaseModel):
    """A part of a scenario file. ``REQUIRED`` names the keys that have to be there."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, populate_by_name=False, frozen=True)
    REQUIRED: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def names(cls) -> dict[str, Any]:
        """Return the keys as a user writes them -> pydantic field."""
        return {item.alias or name: item for name, item in cls.model_fields.items()}

    @classmethod
    def attribute(cls, key: str) -> str:
        """Return the attribute that holds a key."""
        return next(name for name, item in cls.model_fields.items() if (item.alias or name) == key)


class Texts(Section):
    """A text in the languages of the reports."""

    en: str | None = Field(None, description="English")
    nl: str | None = Field(None, description="Dutch")


class Subject(Section):
    """Who."""

    REQUIRED = ("species", "sex")

    species: choice("human", "rat") | None = Field(None, description="human or rat")  # type: ignore[valid-type]
    sex: choice("female", "male") | None = Field(None, description="female or male")  # type: ignore[valid-type]
    state: (
        choice(  # type: ignore[valid-type]
            "resting", "postmenopausal", "pregnant", "term", "postpartum", "lactating"
        )
        | None
    ) = Field(
        None,
        description="resting (the default), postmenopausal, pregnant (by week), term (37 to 42 weeks, published sets), "
        "postpartum (given drugs after a birth), or lactating",
    )
    gestational_week: Week | None = Field(
        None,
        description="weeks of pregnancy: pregnant (4 to 42; 20 unless given), term (37 to 42; 39), postpartum (at the "
        "birth; 40)",
    )
    days_postpartum: Days | None = Field(
        None,
        description="days since the birth at the start: lactating (30 unless given), postpartum (0 to 60; 0)",
    )
    litter: Whole | None = Field(None, description="a lactating rat: how many pups; 10 unless given")
    lactation: str | None = Field(
        None, description="while lactating: a parameter set for pulses and breast", examples=["early_days"]
    )
    weight: Mass | None = Field(None, description="body weight; 70 kg (75 at term, a rat 250 g) unless given")
    count: Whole | None = Field(None, description="how many subjects; 1 unless given")
    kinetics: str | None = Field(
        None,
        description="the parameter set of the blood; follows from the rest unless given",
        examples=["human_men", "human_women_np", "human_postmenopausal", "pregnancy_A", "term_A", "term_B", "rat_250g"],
    )
    labour: str | None = Field(None, description="the parameter set of the uterus; induction_ripe at term unless given")
    basal_profile: choice("equal", "sex_difference", "thornton", "review") | None = Field(  # type: ignore[valid-type]
        None,
        description="which published resting level: equal or sex_difference; pregnant, at term or postpartum "
        "thornton or review",
    )


class Engine(Section):
    """How it is computed."""

    warm_up: Time | None = Field(None, description="how long the model runs before the start; the models know")
    checkpoint: Time | None = Field(None, description="save what is needed to continue this often (of your time); 30 s")
    intervals: dict[str, Time | None] | None = Field(
        None, description="room -> coupling interval, in place of the model's own; whole milliseconds"
    )
    debug: Flag | None = Field(None, description="check physical laws after every interval (slower)")
