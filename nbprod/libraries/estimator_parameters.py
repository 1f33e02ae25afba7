"""The parameters of common estimators of scikit-learn. Tables only."""

from __future__ import annotations

__all__ = ["PARAMETERS"]

# Those of scikit-learn 1.9, and those that it once had: whoever has an older one may set them.
_ONCE = frozenset(
    "multi_class normalize presort min_impurity_split sparse base_estimator iid n_iter".split()
)
PARAMETERS: dict[str, frozenset[str]] = {
    "LogisticRegression": _ONCE.union(
        "C class_weight dual fit_intercept intercept_scaling l1_ratio max_iter n_jobs penalty"
        " random_state solver tol verbose warm_start".split()
    ),
    "Ridge": _ONCE.union(
        "alpha copy_X fit_intercept max_iter positive random_state solver tol".split()
    ),
    "Lasso": _ONCE.union(
        "alpha copy_X fit_intercept max_iter positive precompute random_state selection tol"
        " warm_start".split()
    ),
    "ElasticNet": _ONCE.union(
        "alpha copy_X fit_intercept l1_ratio max_iter positive precompute random_state"
        " selection tol warm_start".split()
    ),
    "SGDClassifier": _ONCE.union(
        "alpha average class_weight early_stopping epsilon eta0 fit_intercept l1_ratio"
        " learning_rate loss max_iter n_iter_no_change n_jobs penalty power_t random_state"
        " shuffle tol validation_fraction verbose warm_start".split()
    ),
    "SGDRegressor": _ONCE.union(
        "alpha average early_stopping epsilon eta0 fit_intercept l1_ratio learning_rate loss"
        " max_iter n_iter_no_change penalty power_t random_state shuffle tol"
        " validation_fraction verbose warm_start".split()
    ),
    "SVC": _ONCE.union(
        "C break_ties cache_size class_weight coef0 decision_function_shape degree gamma"
        " kernel max_iter probability random_state shrinking tol verbose".split()
    ),
    "SVR": _ONCE.union(
        "C cache_size coef0 degree epsilon gamma kernel max_iter shrinking tol verbose".split()
    ),
    "LinearSVC": _ONCE.union(
        "C class_weight dual fit_intercept intercept_scaling loss max_iter multi_class"
        " penalty random_state tol verbose".split()
    ),
    "KNeighborsClassifier": _ONCE.union(
        "algorithm leaf_size metric metric_params n_jobs n_neighbors p weights".split()
    ),
    "KNeighborsRegressor": _ONCE.union(
        "algorithm leaf_size metric metric_params n_jobs n_neighbors p weights".split()
    ),
    "DecisionTreeClassifier": _ONCE.union(
        "ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes"
        " min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf"
        " monotonic_cst random_state splitter".split()
    ),
    "DecisionTreeRegressor": _ONCE.union(
        "ccp_alpha criterion max_depth max_features max_leaf_nodes min_impurity_decrease"
        " min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst"
        " random_state splitter".split()
    ),
    "RandomForestClassifier": _ONCE.union(
        "bootstrap ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes"
        " max_samples min_impurity_decrease min_samples_leaf min_samples_split"
        " min_weight_fraction_leaf monotonic_cst n_estimators n_jobs oob_score random_state"
        " verbose warm_start".split()
    ),
    "RandomForestRegressor": _ONCE.union(
        "bootstrap ccp_alpha criterion max_depth max_features max_leaf_nodes max_samples"
        " min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf"
        " monotonic_cst n_estimators n_jobs oob_score random_state verbose warm_start".split()
    ),
    "ExtraTreesClassifier": _ONCE.union(
        "bootstrap ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes"
        " max_samples min_impurity_decrease min_samples_leaf min_samples_split"
        " min_weight_fraction_leaf monotonic_cst n_estimators n_jobs oob_score random_state"
        " verbose warm_start".split()
    ),
    "ExtraTreesRegressor": _ONCE.union(
        "bootstrap ccp_alpha criterion max_depth max_features max_leaf_nodes max_samples"
        " min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf"
        " monotonic_cst n_estimators n_jobs oob_score random_state verbose warm_start".split()
    ),
    "GradientBoostingClassifier": _ONCE.union(
        "ccp_alpha criterion init learning_rate loss max_depth max_features max_leaf_nodes"
        " min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf"
        " n_estimators n_iter_no_change random_state subsample tol validation_fraction verbose"
        " warm_start".split()
    ),
    "GradientBoostingRegressor": _ONCE.union(
        "alpha ccp_alpha criterion init learning_rate loss max_depth max_features"
        " max_leaf_nodes min_impurity_decrease min_samples_leaf min_samples_split"
        " min_weight_fraction_leaf n_estimators n_iter_no_change random_state subsample tol"
        " validation_fraction verbose warm_start".split()
    ),
    "HistGradientBoostingClassifier": _ONCE.union(
        "categorical_features class_weight early_stopping interaction_cst l2_regularization"
        " learning_rate loss max_bins max_depth max_features max_iter max_leaf_nodes"
        " min_samples_leaf monotonic_cst n_iter_no_change random_state scoring tol"
        " validation_fraction verbose warm_start".split()
    ),
    "HistGradientBoostingRegressor": _ONCE.union(
        "categorical_features early_stopping interaction_cst l2_regularization learning_rate"
        " loss max_bins max_depth max_features max_iter max_leaf_nodes min_samples_leaf"
        " monotonic_cst n_iter_no_change quantile random_state scoring tol validation_fraction"
        " verbose warm_start".split()
    ),
    "GaussianNB": _ONCE.union("priors var_smoothing".split()),
    "MultinomialNB": _ONCE.union("alpha class_prior fit_prior force_alpha".split()),
    "BernoulliNB": _ONCE.union("alpha binarize class_prior fit_prior force_alpha".split()),
    "MLPClassifier": _ONCE.union(
        "activation alpha batch_size beta_1 beta_2 early_stopping epsilon hidden_layer_sizes"
        " learning_rate learning_rate_init max_fun max_iter momentum n_iter_no_change"
        " nesterovs_momentum power_t random_state shuffle solver tol validation_fraction"
        " verbose warm_start".split()
    ),
    "MLPRegressor": _ONCE.union(
        "activation alpha batch_size beta_1 beta_2 early_stopping epsilon hidden_layer_sizes"
        " learning_rate learning_rate_init loss max_fun max_iter momentum n_iter_no_change"
        " nesterovs_momentum power_t random_state shuffle solver tol validation_fraction"
        " verbose warm_start".split()
    ),
    "PCA": _ONCE.union(
        "copy iterated_power n_components n_oversamples power_iteration_normalizer"
        " random_state svd_solver tol whiten".split()
    ),
    "TruncatedSVD": _ONCE.union(
        "algorithm n_components n_iter n_oversamples power_iteration_normalizer random_state"
        " tol".split()
    ),
    "StandardScaler": _ONCE.union("copy with_mean with_std".split()),
    "MinMaxScaler": _ONCE.union("clip copy feature_range".split()),
    "RobustScaler": _ONCE.union(
        "copy quantile_range unit_variance with_centering with_scaling".split()
    ),
    "SimpleImputer": _ONCE.union(
        "add_indicator copy fill_value keep_empty_features missing_values strategy".split()
    ),
    "KNNImputer": _ONCE.union(
        "add_indicator copy keep_empty_features metric missing_values n_neighbors weights".split()
    ),
    "OneHotEncoder": _ONCE.union(
        "categories drop dtype feature_name_combiner handle_unknown max_categories"
        " min_frequency sparse_output".split()
    ),
    "OrdinalEncoder": _ONCE.union(
        "categories dtype encoded_missing_value handle_unknown max_categories min_frequency"
        " unknown_value".split()
    ),
    "PolynomialFeatures": _ONCE.union("degree include_bias interaction_only order".split()),
    "SelectKBest": _ONCE.union("k score_func".split()),
    "CountVectorizer": _ONCE.union(
        "analyzer binary decode_error dtype encoding input lowercase max_df max_features"
        " min_df ngram_range preprocessor stop_words strip_accents token_pattern tokenizer"
        " vocabulary".split()
    ),
    "TfidfVectorizer": _ONCE.union(
        "analyzer binary decode_error dtype encoding input lowercase max_df max_features"
        " min_df ngram_range norm preprocessor smooth_idf stop_words strip_accents"
        " sublinear_tf token_pattern tokenizer use_idf vocabulary".split()
    ),
    "TfidfTransformer": _ONCE.union("norm smooth_idf sublinear_tf use_idf".split()),
}
