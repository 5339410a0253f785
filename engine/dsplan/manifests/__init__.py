"""Bytes to model: reading, origins, defaulting, validation. The only place that knows YAML and files."""
