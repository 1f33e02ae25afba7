"""Rules about code that hides faults or falls over bad records."""
