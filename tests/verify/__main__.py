"""Runs `tests.verify.brokenness`."""

import sys

from .brokenness import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
