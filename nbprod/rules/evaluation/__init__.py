"""Rules about the evaluation of models: leaking test data, scores that say little."""
