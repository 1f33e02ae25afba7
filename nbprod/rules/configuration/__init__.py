"""Rules about what belongs in configuration: paths, settings, where results are written."""
