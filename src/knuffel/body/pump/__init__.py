"""The infusion pump of an induction of labour."""

from knuffel.body.pump.component import InductionPump, PumpParameters, PumpSettings, PumpState

__all__ = ["InductionPump", "PumpParameters", "PumpSettings", "PumpState"]
