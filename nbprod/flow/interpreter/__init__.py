"""The abstract interpreter: cells run over an abstract state."""
