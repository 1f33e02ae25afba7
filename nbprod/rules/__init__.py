"""The rules: one file each, named by code and name, grouped by what they are about."""
