"""Receptors: how a concentration becomes an effect."""
