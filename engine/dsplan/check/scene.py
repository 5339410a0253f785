"""What rules look at: the World, its plan, and the DaemonSets that are asked about."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from pyroaring import BitMap

from ..apiserver.defaulting import is_abridged
from ..eligibility import NodeIndex
from ..model.brief import Brief
from ..model.daemonset import DaemonSet
from ..model.meta import Identity, RawTree
from ..model.pod import PodSpec
from ..model.world import World
from ..planner.account.types import DaemonSetAccount, Row
from ..planner.account.words import Fate
from ..planner.plan import DaemonSetPlan, Plan
from .settings import Options
from .types import Spot

__all__ = ["SPEC", "Scene", "Subject", "named"]

SPEC = "spec.template.spec"
"""Where the pod's spec is in a DaemonSet."""
_SHOWN = 3


def named(names: Sequence[str], limit: int = _SHOWN) -> str:
    """Return a few names, and how many more there are.

    >>> named(["a", "b", "c", "d"]), named(["a"])
    ('a, b, c and 1 more', 'a')
    """
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


class Subject(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet with its plan."""

    daemonset: DaemonSet
    plan: DaemonSetPlan
    index: NodeIndex

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return self.daemonset.identity

    @property
    def account(self) -> DaemonSetAccount:
        """What becomes of it on every node."""
        return self.plan.account

    @property
    def spec(self) -> PodSpec:
        """The typed view of the template's pod spec."""
        return self.daemonset.pod.spec

    @property
    def tree(self) -> RawTree:
        """The template's pod spec as it is written; not to be written to."""
        found = self.daemonset.spec.template.get("spec")
        return found if isinstance(found, dict) else {}

    @property
    def is_whole(self) -> bool:
        """Whether the template is all there: a small snapshot keeps no probes, mounts or security contexts."""
        return not is_abridged(self.daemonset.spec.template)

    def containers(self) -> Iterator[tuple[str, RawTree]]:
        """Yield every container as it is written, those for initialization last, with its field path."""
        for kind in ("containers", "initContainers"):
            for place, container in enumerate(self.tree.get(kind) or ()):
                if isinstance(container, dict):
                    yield f"{SPEC}.{kind}[{place}]", container

    def volumes(self) -> Iterator[tuple[str, RawTree]]:
        """Yield every volume as it is written, with its field path."""
        for place, volume in enumerate(self.tree.get("volumes") or ()):
            if isinstance(volume, dict):
                yield f"{SPEC}.volumes[{place}]", volume

    def host_folders(self) -> Iterator[tuple[str, str]]:
        """Yield the name of every volume from the host, with its folder; a slash at the end is left out."""
        for _, volume in self.volumes():
            folder = volume.get("hostPath")
            if isinstance(folder, dict):
                yield str(volume.get("name", "")), str(folder.get("path", "")).rstrip("/") or "/"

    @property
    def wanted(self) -> BitMap:
        """The ids of the nodes that it selects; empty where no pass decides."""
        verdicts = self.plan.step.verdicts
        return BitMap() if verdicts is None else verdicts.run

    def names(self, nodes: Iterable[int]) -> tuple[str, ...]:
        """Return the names of nodes, in name order."""
        return tuple(self.index.names[position] for position in sorted(nodes))

    def rows(self, *fates: Fate) -> Iterator[Row]:
        """Yield the rows of the account with one of these fates."""
        return (row for row in self.account.rows if row.fate in fates)

    def spot(self, text: str, field: str = "", *, nodes: Iterable[int] = (), **more: Any) -> Spot:
        """Return a spot about this DaemonSet; nodes are given by id."""
        return Spot(object=self.identity, text=text, field=field, nodes=self.names(nodes), **more)

    def patched(self, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Return `patch` and the `command` that applies it, as arguments of `spot`."""
        namespace, name = self.identity.namespace, self.identity.name
        text = shlex.quote(json.dumps(patch, separators=(",", ":")))
        options = f"--namespace {shlex.quote(namespace)} " if namespace else ""
        return {"patch": patch, "command": f"kubectl {options}patch daemonset {shlex.quote(name)} --patch {text}"}


class Scene(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """Everything that rules may look at. `subjects` are the DaemonSets asked about, `options` the user's numbers.

    `platforms` maps images to the platforms that they are built for (`linux/amd64`), as far as they are known.
    """

    world: World
    plan: Plan
    subjects: tuple[Subject, ...]
    everyone: tuple[Subject, ...]
    options: Options = Options()
    platforms: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def of(
        cls,
        world: World,
        plan: Plan,
        only: Iterable[Identity] | None = None,
        *,
        options: Options | None = None,
        platforms: Mapping[str, Sequence[str]] | None = None,
    ) -> Scene:
        """Return the scene of a world and its plan; `only` names the DaemonSets asked about, None asks about all.

        >>> from dsplan.planner import solve
        >>> from dsplan.testing import NOW, a_daemonset, a_node
        >>> world = World(nodes=(a_node("n1"),), daemonsets=(a_daemonset(),))
        >>> [str(each.identity) for each in Scene.of(world, solve(world, now=NOW)).subjects]
        ['default/ds']
        """
        index = plan.index
        everyone = tuple(Subject(daemonset=each.step.daemonset, plan=each, index=index) for each in plan.daemonsets)
        wanted = None if only is None else frozenset(only)
        return cls(
            world=world,
            plan=plan,
            subjects=tuple(each for each in everyone if wanted is None or each.identity in wanted),
            everyone=everyone,
            options=options or Options(),
            platforms={image: tuple(found) for image, found in (platforms or {}).items()},
        )

    @property
    def index(self) -> NodeIndex:
        """The nodes by id."""
        return self.plan.index
