"""Stimuli: what touches, feeds or drives the oxytocin neurons, as multipliers of their resting synaptic input."""

from knuffel.body.stimuli.component import (
    StimulusEvents,
    StimulusEventsParameters,
    StimulusEventsSettings,
    StimulusEventsState,
)
from knuffel.body.stimuli.events import (
    PROFILE_KEYS,
    PROTOCOLS,
    AntidromicTrain,
    EventProfile,
    LevelProfile,
    Protocol,
    StimulusEvent,
    from_specifications,
    valence_weight,
)

__all__ = [
    "PROFILE_KEYS",
    "PROTOCOLS",
    "AntidromicTrain",
    "EventProfile",
    "LevelProfile",
    "Protocol",
    "StimulusEvent",
    "StimulusEvents",
    "StimulusEventsParameters",
    "StimulusEventsSettings",
    "StimulusEventsState",
    "from_specifications",
    "valence_weight",
]
