"""Published numbers, and checks of the equations, against obtained ones: a module per study, and their runner."""
