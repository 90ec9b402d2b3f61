"""Secretion: from spikes, or from a steady basal rate, to oxytocin released into the blood."""
