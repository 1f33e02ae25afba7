"""Rules run over one notebook: findings with places, fingerprints, suppressions and baselines."""
