"""Cells that fire at random (`poisson`): the control without memory."""

from knuffel.body.neurons.poisson.component import PoissonCells

__all__ = ["PoissonCells"]
