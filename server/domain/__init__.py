"""Pure rules: no IO, no clock, no randomness."""
