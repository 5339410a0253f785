"""The version of dsplan."""

__version__ = "0.1.0"
