"""Writes the battery in a process of its own: whoever tries broken engines must not have loaded a sound one."""

import sys
from pathlib import Path

from .brokenness import prepare

if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(sys.argv[2]))
