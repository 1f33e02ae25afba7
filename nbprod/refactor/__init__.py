"""What extraction, merging and pipelines share: liveness, purity, hazards, naming."""
