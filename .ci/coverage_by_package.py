"""Prints the branch coverage of each package; exit code 1 if one that must not is below the least.

Usage: python .ci/coverage_by_package.py COVERAGE.json
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

LEAST = 95.0
NOT_HELD = ("cli", "bench", "testing")
"""Packages that touch the world, or are themselves tools of tests: told, not held to the least."""


def package_of(path: str) -> str:
    """Return the package of a file of the engine, `dsplan` for the top.

    >>> package_of("engine/dsplan/diff/manage.py"), package_of("engine/dsplan/errors.py")
    ('diff', 'dsplan')
    """
    parts = Path(path).parts
    inside = parts[parts.index("dsplan") + 1 :]
    return inside[0] if len(inside) > 1 else "dsplan"


def main(arguments: list[str]) -> int:
    """Print a line a package, the least covered first; return the exit code."""
    files = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["files"]
    covered, all_of = Counter[str](), Counter[str]()
    for path, entry in files.items():
        summary, package = entry["summary"], package_of(path)
        covered[package] += summary["covered_lines"] + summary["covered_branches"]
        all_of[package] += summary["num_statements"] + summary["num_branches"]
    share = {package: 100 * covered[package] / max(1, count) for package, count in all_of.items()}
    low = {package for package, part in share.items() if part < LEAST and package not in NOT_HELD}
    for package, part in sorted(share.items(), key=lambda entry: (entry[1], entry[0])):
        print(f"{part:6.1f} %  {package}{'  BELOW THE LEAST' if package in low else ''}")
    print(f"{100 * sum(covered.values()) / max(1, sum(all_of.values())):6.1f} %  in all (lines and branches)")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
