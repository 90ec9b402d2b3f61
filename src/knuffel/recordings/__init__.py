"""Recordings: spike times from a laboratory's file, checked, in milliseconds."""

from knuffel.recordings.read import read_recording
from knuffel.recordings.recording import Recording

__all__ = ["Recording", "read_recording"]
