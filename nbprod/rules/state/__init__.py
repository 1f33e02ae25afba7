"""Rules about execution order and hidden state."""
