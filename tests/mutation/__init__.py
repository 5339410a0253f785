"""Small edits of the engine, each of which some test has to notice: `python -m tests.mutation ROOM...`.

The tests of a room run once with coverage, test by test. Then each edit is tried against the tests that reach its line.
"""
