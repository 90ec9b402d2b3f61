"""Oxytocin neurons: models that turn synaptic input into spikes."""
