"""Rules about credentials in a notebook."""
