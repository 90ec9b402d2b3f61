"""Recorded spikes in place of a model (`replay`)."""

from knuffel.body.neurons.replay.component import RecordedSpikes, ReplayedCells

__all__ = ["RecordedSpikes", "ReplayedCells"]
