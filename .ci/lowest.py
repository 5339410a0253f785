"""Prints the oldest versions that pyproject.toml allows, for the Python that runs this, as requirements of pip.

Usage: python .ci/lowest.py [EXTRA...]
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement


def lowest(texts: list[str]) -> list[str]:
    """Return `name==oldest` for each requirement that concerns this Python, those without a bound as they are."""
    found = []
    for requirement in map(Requirement, texts):
        if requirement.marker is None or requirement.marker.evaluate():
            oldest = [entry.version for entry in requirement.specifier if entry.operator == ">="]
            found.append(f"{requirement.name}=={oldest[0]}" if oldest else requirement.name)
    return found


def main(extras: list[str]) -> None:
    """Print them, one a line."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    print("\n".join(lowest(wanted)))


if __name__ == "__main__":
    main(sys.argv[1:])
