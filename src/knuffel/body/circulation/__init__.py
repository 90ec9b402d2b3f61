"""Circulation: what the blood carries and clears."""
