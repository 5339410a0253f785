"""Faults for a whole night: `python -m tests.nightly [--steps N] [--seed N] [--depth N]`."""
