"""Bytes to raw JSON-like trees: sources, text, YAML and JSON exactly as kubectl reads them, documents, origins."""
