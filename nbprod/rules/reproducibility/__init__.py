"""Rules about results that come out differently: random numbers, clocks, environments."""
