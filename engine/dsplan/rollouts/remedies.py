"""What helps a roll-out that stalls, and the commands for it: only what was played to its end and harms nobody.

While new pods fail or find no place, a bigger budget would take service away from more nodes. Then the remedy is to go
back to the old template or to mend the new one.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from .blockers import Blocker, names_text

__all__ = ["budget_command", "is_of_new_pods", "remove_nodes_command", "roll_back", "undo_command"]

_OF_NODES = frozenset(("NotReady", "gone", "terminating"))


def is_of_new_pods(blocker: Blocker) -> bool:
    """Return whether a node is down for its pod, not for itself.

    >>> is_of_new_pods(Blocker("NotReady", "n1")), is_of_new_pods(Blocker("Pending", "n2"))
    (False, True)
    """
    return blocker.why not in _OF_NODES


def roll_back(blockers: Iterable[Blocker]) -> str:
    """Return the advice where pods themselves are what holds the budget.

    >>> roll_back((Blocker("NotReady", "n1"), Blocker("Pending", "n2")))
    'a bigger budget would do harm (pods on n2 do not run): roll back, or fix the template'
    """
    names = names_text([blocker.node for blocker in blockers if is_of_new_pods(blocker)])
    return f"a bigger budget would do harm (pods on {names} do not run): roll back, or fix the template"


def undo_command(identity: Identity) -> str:
    """Return the command that goes back to the template before this one.

    >>> undo_command(Identity("DaemonSet", "ops", "agent"))
    'kubectl rollout undo daemonset/agent -n ops'
    """
    return f"kubectl rollout undo {_target(identity)}"


def budget_command(daemonset: DaemonSet, number: int) -> str:
    """Return the command that sets maxUnavailable (and no surge).

    >>> from dsplan.testing import a_daemonset
    >>> budget_command(a_daemonset("agent"), 4).partition(" -p ")[0]
    'kubectl patch daemonset/agent -n default --type merge'
    """
    rolling = {"maxSurge": 0, "maxUnavailable": number}
    patch = {"spec": {"updateStrategy": {"rollingUpdate": rolling, "type": "RollingUpdate"}}}
    written = shlex.quote(json.dumps(patch, separators=(",", ":")))
    return f"kubectl patch {_target(daemonset.identity)} --type merge -p {written}"


def remove_nodes_command(names: Iterable[str]) -> str:
    """Return the command that takes nodes out for good: a DaemonSet wants a pod on every node that is there.

    >>> remove_nodes_command(["n1", "n2"])
    'kubectl delete node n1 n2  # if they are gone for good'
    """
    return f"kubectl delete node {' '.join(map(shlex.quote, names))}  # if they are gone for good"


def _target(identity: Identity) -> str:
    return f"{shlex.quote(f'daemonset/{identity.name}')} -n {shlex.quote(identity.namespace)}"
