"""Steady secretion without neurons (`basal`)."""

from knuffel.body.secretion.basal.component import BasalSecretion

__all__ = ["BasalSecretion"]
