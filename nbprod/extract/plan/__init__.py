"""What an extraction will do: cells to a plan."""
