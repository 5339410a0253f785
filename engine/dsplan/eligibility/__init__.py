"""Which nodes a DaemonSet wants: set algebra over an index of the nodes (E1-E11).

In: nodes, constraints. Out: Verdicts (sets of node ids), and for one pair every reason.
Promises: desired = nodes - excluded, each excluded node counted once under its first reason; a class of nodes that no
constraint tells apart is asked once.
"""

from .accounting import Exclusion, exclusions
from .index import NodeIndex
from .verdicts import Evaluation, Verdict, Verdicts, evaluate, propagate

__all__ = ["Evaluation", "Exclusion", "NodeIndex", "Verdict", "Verdicts", "evaluate", "exclusions", "propagate"]
