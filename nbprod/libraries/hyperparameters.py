"""Which keyword arguments are settings: the words of the field's libraries."""

from __future__ import annotations

__all__ = ["HYPERPARAMETERS"]

HYPERPARAMETERS = frozenset(
    """alpha batch_size beta bootstrap C chunksize class_weight colsample_bytree contamination cv
    degree dropout early_stopping epochs epsilon eps gamma hidden_layer_sizes hidden_size
    l1_ratio lags learning_rate lr max_depth max_df max_features max_iter max_leaf_nodes
    max_samples min_child_weight min_df min_samples min_samples_leaf min_samples_split momentum
    n_clusters n_components n_estimators n_init n_iter n_jobs n_neighbors n_splits ngram_range
    num_epochs num_leaves patience penalty period quantile random_state reg_alpha reg_lambda
    seed size solver subsample test_size threshold tol train_size validation_split verbose
    weight_decay window window_size""".split()
)
