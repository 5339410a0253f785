"""Tries every broken variant, or the named ones; the last line is `N caught, M survived`; exit code 1 if M > 0."""

from __future__ import annotations

import sys

from .account import ACCOUNT
from .checking import CHECKING
from .core import CORE
from .edits import EDITS
from .explain import EXPLAIN
from .hosting import HOSTING
from .mutant import Mutant
from .placement import PLACEMENT
from .policies import POLICIES
from .reading import READING
from .reconciling import RECONCILING
from .rules import RULE_MUTANTS
from .simulation import SIMULATION

MUTANTS: tuple[Mutant, ...] = (
    *CHECKING,
    *CORE,
    *EDITS,
    *ACCOUNT,
    *EXPLAIN,
    *HOSTING,
    *PLACEMENT,
    *POLICIES,
    *READING,
    *RECONCILING,
    *RULE_MUTANTS,
    *SIMULATION,
)


def main(names: list[str]) -> int:
    """Run the command; return its exit code."""
    known = {mutant.name: mutant for mutant in MUTANTS}
    if unknown := [name for name in names if name not in known]:
        print(f"no such mutant: {', '.join(unknown)}; known: {', '.join(known)}")
        return 2
    caught = survived = 0
    for mutant in [known[name] for name in names] or MUTANTS:
        if mutant.is_caught():
            caught += 1
            print(f"caught    {mutant.name}", flush=True)
        else:
            survived += 1
            print(f"SURVIVED  {mutant.name}  ({mutant.file}; {mutant.tests})", flush=True)
    print(f"{caught} caught, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
