"""Files to a World: read, choose what planning reads, refuse doubles, decode, judge, and keep where all came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from dsplan.apiserver.defaulting import default_object
from dsplan.apiserver.judging import Checks, Level, is_repeated_key, judge
from dsplan.errors import InputError, Problem
from dsplan.manifests.decode import DEFAULT_NAMESPACE, decode_object, in_namespace
from dsplan.manifests.doubles import Doubles
from dsplan.manifests.other_kinds import not_meant, not_of_a_cluster
from dsplan.manifests.own_kinds import API_VERSION, stands_for
from dsplan.model.arguments import check_paths
from dsplan.model.daemonset import Deployment
from dsplan.model.meta import Identity
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.model.world import FIELDS, Note, World, type_of
from dsplan.reading import limits
from dsplan.reading.groups import Selection
from dsplan.reading.limits import MAX_PROBLEMS
from dsplan.reading.objects import RawObject
from dsplan.reading.origin_table import OriginTable, with_place
from dsplan.reading.origins import Origin
from dsplan.reading.read import Found, Progress, Types, stream

if TYPE_CHECKING:
    from os import PathLike

    from dsplan.manifests.sharing import SharedParts
    from dsplan.model.world import KubernetesObject

__all__ = ["OriginTable", "decode_item", "joining_nodes", "load", "problems_of", "world_of"]


_DEFAULTED = ("DaemonSet", "PriorityClass")
"""Kinds whose defaults decide something; a Node without allocatable has its capacity read instead (D11)."""
_TRUSTING = Checks()

TYPES: Final[Types] = {("v1", "Node"): Node, ("v1", "Pod"): Pod}
"""Kinds of which a large JSON list is decoded in one pass: those that a cluster has many of."""


def load(
    paths: Iterable[str | PathLike[str]],
    *,
    stdin: BinaryIO | None = None,
    validate: bool | Level = True,
    trust_stored: bool = True,
    namespace: str = DEFAULT_NAMESPACE,
    progress: Progress | None = None,
    nodes: Sequence[Node] = (),
) -> World:
    """Return the World of all files; a folder stands for the manifests below it, `-` for standard input.

    `validate`: True (or `strict`) refuses what an API server v1.36 would refuse (V); `warn` makes notes of the
    World of it; False (or `ignore`) does not look. Objects that a cluster has stored (they have a uid and a
    resourceVersion) are not judged unless `trust_stored` is False, which is for files that are to be applied.

    Raises InputError with every problem of every file: what cannot be read, what is no object, an object that is there
    twice, every field whose type is wrong, and everything that breaks a rule. `progress` is called now and then with
    the name of the source, how far it is read, and its size (in characters, or bytes for JSON). `namespace` is where
    objects go that need a namespace and have none, as `kubectl apply -n` puts them. `nodes` are there
    already: they tell sizes of machines where the files describe pools of nodes to come.
    """
    check_paths(paths)
    level: Level = validate if isinstance(validate, str) else "strict" if validate else "ignore"
    sources = list(paths)
    found = stream(sources, stdin, types=TYPES, progress=progress)
    world = _collect(found, Checks(level, trust_stored), namespace, nodes).world()
    if not world.rollout_policies:
        return world
    from dsplan.manifests.image_sizes import with_image_sizes

    return with_image_sizes(world, lambda: stream(path for path in sources if path != "-"))


def world_of(found: Iterable[Found], *, checks: Checks = _TRUSTING, namespace: str = DEFAULT_NAMESPACE) -> World:
    """Return the World of what was found; objects are decoded one by one and their raw trees dropped.

    Raises InputError as `load` does.
    """
    return _collect(found, checks, namespace).world()


def joining_nodes(
    paths: Iterable[str | PathLike[str]], nodes: Sequence[Node]
) -> tuple[tuple[Node, ...], tuple[Note, ...]]:
    """Return the nodes that join those that are there, and what is said of them.

    The files hold Nodes, NodePools, and what other tools describe pools with; sizes of machines are those of a
    catalogue among the files, or of nodes of the same instance type. Raises InputError as `load` does.
    """
    world = _collect(stream(paths), Checks(), there=nodes, joining=True).world()
    return world.nodes, world.notes


def problems_of(found: Iterable[Found], *, checks: Checks = _TRUSTING) -> tuple[Problem, ...]:
    """Return everything for which `world_of` would raise, and with the level `warn` also what it would note."""
    collector = _collect(found, checks)
    collector.close()
    return (*collector.problems, *collector.warnings)


def _collect(
    found: Iterable[Found],
    checks: Checks,
    namespace: str = DEFAULT_NAMESPACE,
    there: Sequence[Node] = (),
    *,
    joining: bool = False,
) -> _Collector:
    collector = _Collector(checks, namespace, there, joining=joining)
    for item in found:
        if isinstance(item, Problem):
            collector.complain(item, rule=is_repeated_key(item))
        elif isinstance(item, Note):
            collector.notes.append(item)
        else:
            collector.add(item)
    return collector


_OUR_GROUP = API_VERSION.partition("/")[0]
CATALOGUE: Final = "InstanceTypes"
"""The kind of documents that tell sizes of machines and are no objects."""


class _Collector:
    def __init__(self, checks: Checks, namespace: str, there: Sequence[Node] = (), *, joining: bool = False) -> None:
        self.checks = checks
        self.namespace = namespace
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.notes: list[Note] = []
        self.selection = Selection(also=frozenset((API_VERSION,)))
        self.origins = OriginTable()
        self.fields: dict[str, list[Any]] = {field: [] for field in FIELDS.values()}
        self._doubles = Doubles()
        self._pools: list[RawObject] = []
        self._there, self._joining = there, joining
        self._placed = 0

    @cached_property
    def _shared(self) -> SharedParts:
        from dsplan.manifests.sharing import SharedParts

        return SharedParts()

    def add(self, item: RawObject) -> None:
        chosen = None if item.kind == CATALOGUE else self.selection.take(item)
        if chosen is None:
            self._other_kind(item)
            return
        if chosen.size > limits.MAX_OBJECT_BYTES:
            self._refuse((_too_large(chosen),), chosen, rule=False)
            return
        try:
            if chosen.api_version == API_VERSION:
                for decoded in stands_for(chosen.kind, chosen.tree):
                    self._keep(decoded, chosen)
            else:
                self._add_kubernetes(chosen)
        except InputError as error:
            self._refuse(error.problems, chosen, rule=False)

    def _other_kind(self, item: RawObject) -> None:
        """Refuse what was meant to be something else; what is no object at all is passed over in a folder."""
        from dsplan.manifests.pools import describes_pools

        if describes_pools(item):
            self._pools.append(item)
        elif item.group == _OUR_GROUP:
            self._refuse((_other_version(item),), item, rule=False)
        elif (problem := not_of_a_cluster(item)) is not None:
            bundle = item.origin.source.bundle
            if bundle is None:
                self._refuse((problem,), item, rule=False)
            else:
                bundle.pass_over(item.origin.source.name)
        elif (problem := not_meant(item)) is not None:
            self._refuse((problem,), item, rule=False)

    def _add_kubernetes(self, item: RawObject) -> None:
        decoded: KubernetesObject | None = None
        unreadable: tuple[Problem, ...] = ()
        try:
            decoded = decode_item(item)
        except InputError as error:
            unreadable = error.problems
        self._refuse(judge(item, decoded, unreadable, self.checks), item, rule=decoded is not None)
        if decoded is not None:
            self._keep(decoded, item)

    def complain(self, problem: Problem, *, rule: bool) -> None:
        """Keep a problem as the level wants it; one of a `rule` leaves an object that could be planned with."""
        if not rule or self.checks.level == "strict":
            self.problems.append(problem)
        elif self.checks.level == "warn":
            self.warnings.append(problem)

    def _refuse(self, problems: Iterable[Problem], item: RawObject, *, rule: bool) -> None:
        for problem in problems:
            self._placed += 1
            if self._placed <= MAX_PROBLEMS:
                self.complain(with_place(problem, item), rule=rule)

    def _keep(self, decoded: KubernetesObject, item: RawObject) -> None:
        decoded = in_namespace(decoded, self.namespace)
        if isinstance(decoded, Pod):
            self._shared.share(decoded)
        kind, metadata = type(decoded).__name__, decoded.metadata
        identity = Identity(kind, metadata.namespace, metadata.name)
        # Objects without a name are left to validation.
        known = self.origins.add(identity, item.origin) if metadata.name else None
        entries = self.fields[FIELDS[kind]]
        if known is None:
            self._doubles.added(identity, entries)
            entries.append(decoded)
            return
        newest = self._doubles.newest(identity, decoded, entries)
        if newest is None:
            self._refuse((_double(identity, known),), item, rule=False)
        elif newest is decoded:
            self.origins.replace(identity, item.origin)

    def _join_pools(self) -> None:
        """Add the nodes of pools that other tools describe, once it is known which nodes are there."""
        from dsplan.manifests.pools import future_nodes

        joined = future_nodes(self._pools, [*self._there, *self.fields["nodes"]], joining=self._joining)
        self.notes.extend(joined.notes)
        self.problems.extend(joined.problems)
        for node, item in joined.nodes:
            self._keep(node, item)

    def close(self) -> None:
        """Say what was left out, and drop what was kept to find places."""
        if self._pools:
            self._join_pools()
        self.origins.forget()
        if self._placed > MAX_PROBLEMS:
            message = f"{self._placed - MAX_PROBLEMS:,} more problems are left out"
            self.problems.append(Problem(reason="LimitExceeded", message=message))

    def world(self) -> World:
        self.close()
        if self.problems:
            raise InputError.of(self.problems)
        warnings = (Note(subject=problem.object or problem.source, text=str(problem)) for problem in self.warnings)
        notes = (*self.notes, *self.selection.notes, *self._doubles.notes(), *warnings)
        objects: dict[str, Any] = {field: tuple(found) for field, found in self.fields.items()}
        return World(**objects, notes=notes, origins=self.origins)


def decode_item(item: RawObject) -> KubernetesObject:
    """Return the typed view of an object whose kind planning reads; straight from its bytes where they are at hand.

    Raises InputError where a field has another type than Kubernetes gives it.
    """
    if item.typed is not None:
        typed: KubernetesObject = item.typed
        return typed
    if item.json is not None and not callable(item.json) and item.kind not in _DEFAULTED:
        try:
            decoded: KubernetesObject = _decoder(item.kind).decode(item.json)
            if not isinstance(decoded, Deployment):
                return decoded
        except (msgspec.MsgspecError, RecursionError):
            pass  # Nulls, which the way over the tree reads as absent, or an error, which it reports.
    found = decode_object(item.tree)
    if item.kind in _DEFAULTED:
        found = decode_object({**default_object(item.tree), "kind": item.kind})
    if found is None:
        raise KeyError(item.kind)
    return found


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_of(kind))


def _too_large(item: RawObject) -> Problem:
    message = (
        f"the object has {item.size:,} bytes, more than {limits.MAX_OBJECT_BYTES:,}; "
        "--limit object-bytes=NUMBER raises that"
    )
    return Problem(reason="LimitExceeded", message=message, object=item.kind)


def _other_version(item: RawObject) -> Problem:
    accepted = (API_VERSION,)
    message = "unsupported value"
    return Problem(
        reason="FieldValueNotSupported", message=message, field="apiVersion", value=item.api_version, accepted=accepted
    )


def _double(identity: Identity, known: Origin) -> Problem:
    message = f"duplicate of {known.place()}"
    return Problem(reason="DuplicateObject", message=message, object=f"{identity.kind} {identity}")
