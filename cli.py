"""Runs the command line from a checkout: `python cli.py solve specs/three-nodes.yaml`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "engine"))

from dsplan.__main__ import run

if __name__ == "__main__":
    run()
