"""Bytes to raw JSON-like trees: sources, text, YAML and JSON exactly as kubectl reads them, documents, origins.

In: files, folders, archives, streams. Out: objects as trees, each with its place; every problem with file and line.
Promises: fast and exact reading agree; size, depth and time are bounded; only `sources` and `folders` open anything.
"""
