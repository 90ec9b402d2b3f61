"""Stimulus-secretion coupling with a releasable pool and a reserve (`secretion-2018`)."""

from knuffel.body.secretion.terminal.component import TerminalSecretion
from knuffel.body.secretion.terminal.recorded import Secretion, secrete

__all__ = ["Secretion", "TerminalSecretion", "secrete"]
