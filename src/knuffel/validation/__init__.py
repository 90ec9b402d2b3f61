"""Published numbers against obtained ones: one module for each study, and the runner that compares."""
