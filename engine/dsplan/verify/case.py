"""One DaemonSet of the planned world, and its nodes by situation: verdict and the facts of the pods there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from .history import History, history_of, revisions_of
from .labels import selector_problem
from .order import ZONE_LABEL, written_order
from .pods import AVAILABLE, GOING, READY, UPDATED, Group, Shape, claims, fact_reader, grouped, node_of
from .trees import HASH_LABEL, PlannedWorld, Pod, Tree, identity_of

__all__ = ["VANISHED", "Around", "Case", "Situation"]

VANISHED = "V"
"""The letter of nodes that do not exist."""

Situation = tuple[str, Shape]
"""R, K, D or V, and the facts of the pods on the node."""


class Around:
    """What all DaemonSets share: the world, the moment, and what the written order looks at."""

    def __init__(self, world: PlannedWorld, now: datetime) -> None:
        self.world, self.now = world, now
        self.names = [str(node["metadata"].get("name", "")) for node in world.nodes]
        self.places = {name: place for place, name in enumerate(self.names)}
        labels = [node["metadata"].get("labels") or {} for node in world.nodes]
        self.zones = {place: one[ZONE_LABEL] for place, one in enumerate(labels) if ZONE_LABEL in one}
        self.sick = {place for place, node in enumerate(world.nodes) if not _is_ready(node)}


def _is_ready(node: Tree) -> bool:
    conditions = node.get("status", {}).get("conditions") or ()
    return all(one.get("status") == "True" for one in conditions if one.get("type") == "Ready")


class Case:
    """One DaemonSet. `letters` has the verdict of every node, and must be filled before situations are asked for."""

    def __init__(self, tree: Tree, around: Around, said: str, taken: Callable[[Pod], bool]) -> None:
        """`said` is the plan's current hash, taken where nothing else tells it and a pod wears it (H13).

        `taken` tells whether the plan takes a pod without a hash for one of the current template, asked only then.
        """
        self.tree, self.around = tree, around
        self.namespace, self.name, self.uid = identity_of(tree)
        self.spec: Tree = tree["spec"]
        self.letters: list[str] = ["D"] * len(around.names)
        self.kept, self.adopted, self.released = claims(tree, around.world)
        self.revisions = revisions_of(tree, around.world)
        known = self._known_hash()
        guessed = not (known or self.revisions)
        if guessed and any(pod.form.labels.get(HASH_LABEL) == said for pod in self.claimed):
            known = said
        self.history: History = history_of(tree, self.revisions, known)
        read = fact_reader(tree, self.history.hash, around.now, taken if guessed else None)
        self.groups: dict[str, Group] = grouped(self.claimed, read)
        self.adrift = sum(node_of(pod) is None for pod in self.claimed)
        self.gone = len(self.claimed) - self.adrift - sum(len(pods) for pods, _ in self.groups.values())

    def _known_hash(self) -> str:
        state = self.around.world.state
        return "".join(one["hash"] for one in state.get("hashes") or () if self.is_about(one["daemonset"]))

    def is_about(self, identity: Tree) -> bool:
        """Return whether an identity in the State is this DaemonSet's."""
        return (identity["namespace"], identity["name"]) == (self.namespace, self.name)

    @property
    def claimed(self) -> list[Pod]:
        """The pods it has once it has adopted what it adopts."""
        return [*self.kept, *self.adopted]

    @property
    def untouched(self) -> str:
        """Why a pass ends before it looks at any node (C3, C4); empty where it does not."""
        selector = self.spec.get("selector")
        if selector is not None and not (selector.get("matchLabels") or selector.get("matchExpressions")):
            return "SelectingAll"
        if "deletionTimestamp" in self.tree["metadata"]:
            return "BeingDeleted"
        return "Unreadable" if selector_problem(selector) else ""

    @property
    def strategy(self) -> str:
        """updateStrategy.type."""
        return str((self.spec.get("updateStrategy") or {}).get("type", ""))

    @cached_property
    def wanted(self) -> list[int]:
        """The ids of nodes that shall run a pod."""
        return [place for place, letter in enumerate(self.letters) if letter == "R"]

    @cached_property
    def situations(self) -> dict[Situation, list[str]]:
        """Nodes by situation, names ascending: all that are wanted and all that have pods."""
        found: dict[Situation, list[str]] = defaultdict(list)
        names, places = self.around.names, self.around.places
        for place in self.wanted:
            if names[place] not in self.groups:
                found["R", ()].append(names[place])
        for node in sorted(self.groups):
            letter = self.letters[places[node]] if node in places else VANISHED
            found[letter, self.groups[node][1]].append(node)
        return found

    @property
    def outdated(self) -> bool:
        """Whether some live pod is out of date."""
        return any(not facts & (UPDATED | GOING) for _, shape in self.situations for facts in shape)

    def pod(self, node: str, place: int) -> Pod:
        """Return a pod of a node by its place in the order M19."""
        return self.groups[node][0][place]

    def ordered(self, nodes: Sequence[str]) -> list[str]:
        """Return names in the written order, those of nodes that do not exist last."""
        places = self.around.places
        here = written_order(
            [places[node] for node in nodes if node in places], self.around.zones, self.around.sick, self.wanted
        )
        return [self.around.names[place] for place in here] + sorted(node for node in nodes if node not in places)

    def status(self) -> dict[str, int]:
        """Return the counters that a pass writes (S3-S8)."""
        counts = dict.fromkeys(("current", "missed", "ready", "updated", "available"), 0)
        for (letter, shape), nodes in self.situations.items():
            if not shape or letter == VANISHED:
                continue
            counts["current" if letter == "R" else "missed"] += len(nodes)
            if letter == "R":
                for name, fact in (("ready", READY), ("updated", UPDATED), ("available", AVAILABLE)):
                    counts[name] += len(nodes) if shape[0] & fact else 0
        return {
            "desiredNumberScheduled": len(self.wanted),
            "currentNumberScheduled": counts["current"],
            "numberMisscheduled": counts["missed"],
            "numberReady": counts["ready"],
            "updatedNumberScheduled": counts["updated"],
            "numberAvailable": counts["available"],
            "numberUnavailable": len(self.wanted) - counts["available"],
        }
