"""Rules about credentials that stand in a notebook."""
