"""Which nodes a DaemonSet wants: set algebra over an index of the nodes (E1-E11).

Data flow: nodes -> NodeIndex; constraints x index -> Verdicts (sets of node ids).
"""

from .accounting import Exclusion, exclusions
from .index import NodeIndex
from .verdicts import Evaluation, Verdict, Verdicts, evaluate, propagate

__all__ = ["Evaluation", "Exclusion", "NodeIndex", "Verdict", "Verdicts", "evaluate", "exclusions", "propagate"]
