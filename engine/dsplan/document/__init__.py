"""The plan document: its types, and bytes to and from it. It stands below the engine: `verify` needs no solver."""
