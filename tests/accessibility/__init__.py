"""The report, the playground and the site, for people who do not see or point."""
