"""The room of the breast: let-down, removal and synthesis of milk."""
