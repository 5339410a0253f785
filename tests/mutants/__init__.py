"""Broken variants of the engine, each of which some test must catch: `python -m tests.mutants [NAME...]`."""
