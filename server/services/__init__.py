"""Use cases: they read a clock, open transactions and call ports."""
