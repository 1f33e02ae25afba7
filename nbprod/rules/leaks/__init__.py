"""Rules about notebook globals that leak into functions."""
