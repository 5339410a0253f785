"""Prints a CycloneDX 1.5 list of what an installed dsplan runs with: names, versions, licences.

Usage: python .ci/sbom.py > dsplan.cdx.json   (in the environment that is released)
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement

_NOTHING = {"extra": ""}


def components(root: str) -> list[dict[str, Any]]:
    """Return all that a distribution needs to run, itself first, the rest by name."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [root]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue
        licence = here.metadata["License-Expression"] or here.metadata["License"] or "NOASSERTION"
        found[name] = {
            "type": "application" if name == root else "library",
            "name": name,
            "version": here.version,
            "purl": f"pkg:pypi/{name}@{here.version}",
            "licenses": [{"license": {"name": licence.splitlines()[0]}}],
        }
        needs = map(Requirement, here.requires or ())
        waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate(_NOTHING)]
    return [found[root], *(found[name] for name in sorted(found) if name != root)]


def main() -> None:
    """Print it."""
    first, *rest = components("dsplan")
    tree = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    print(json.dumps({**tree, "metadata": {"component": first}, "components": rest}, indent=2))


if __name__ == "__main__":
    main()
