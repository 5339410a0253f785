"""What a plan was made from: told when it is written, and read again when somebody asks whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..document.encoding import sealed
from ..document.origin import MadeFrom, Manifest
from .sinks import tell
from .sources import ClusterChoice, choice_of

if TYPE_CHECKING:
    from ..document.types import PlanDocument
    from ..model.world import World

__all__ = ["Request", "cluster_of", "same_again", "with_embedded_world", "with_origin"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a command line asked to be planned, besides where the cluster is."""

    files: tuple[str, ...] = ()
    namespace: str | None = None
    selector: str | None = None
    state: str | None = None
    gates: tuple[str, ...] = ()
    now: datetime | None = None


def with_origin(document: PlanDocument, world: World, request: Request) -> PlanDocument:
    """Return the plan with what it was made from."""
    from .. import __version__
    from ..observe.captured import captured_at
    from ..observe.templates import digest_of

    choice = choice_of()
    over = bool(choice.cluster) or choice.wants_live
    stored = {str(one.identity): digest_of(one.spec.template) for one in world.stored}
    digests = {f"template {one.identity}": digest_of(one.spec.template) for one in world.daemonsets}
    digests |= {f"stored {name}": digest for name, digest in stored.items()}
    origin = MadeFrom(
        namespace=request.namespace,
        selector=request.selector or "",
        cluster=choice.cluster or (() if over else request.files),
        captured=captured_at(world),
        manifests=tuple(_manifest(path) for path in request.files) if over else (),
        options=_options(request, choice),
        versions={"dsplan": __version__, "semantics": document.semantics},
        digests={name: f"sha256:{digest}" for name, digest in sorted(digests.items())},
    )
    return sealed(msgspec.structs.replace(document, made_from=origin))


def _options(request: Request, choice: ClusterChoice) -> dict[str, str]:
    said = {
        "state": request.state or "",
        "gate": " ".join(request.gates),
        "now": request.now.isoformat() if request.now else "",
        "context": choice.context or "",
        "validate": choice.validate,
    }
    return {name: text for name, text in said.items() if text}


def _manifest(path: str) -> Manifest:
    from hashlib import sha256

    file = Path(path)
    return Manifest(name=path, digest=f"sha256:{sha256(file.read_bytes()).hexdigest()}" if file.is_file() else "")


def with_embedded_world(document: PlanDocument, world: World) -> PlanDocument:
    """Return the plan with the world it was made for inside; how large that is is told."""
    from hashlib import sha256

    from ..document.worlds import packed_world
    from ..planner.checking import planned_trees

    packed, size = packed_world(planned_trees(world, document))
    tell(f"note: the plan has its world in it: {size:,} bytes, {len(packed):,} packed")
    origin = document.made_from
    digests = {**origin.digests, "world": f"sha256:{sha256(packed).hexdigest()}"}
    origin = msgspec.structs.replace(origin, world=packed, world_bytes=size, digests=digests)
    return sealed(msgspec.structs.replace(document, made_from=origin))


def _still_there(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """Return the manifests that can still be read; those that cannot are told of: the cluster may have them by now."""
    found = tuple(one.name for one in manifests if Path(one.name).exists())
    for one in manifests:
        if one.name not in found:
            tell(f"note: {one.name}: is not there any more; the cluster counts as it is")
    return found


def same_again(
    document: PlanDocument, foreign: Sequence[str] = (), cluster: World | None = None, *, again: bool = False
) -> World | None:
    """Return the world that a plan's origin comes to now: scope and manifests over the cluster; None without a cluster.

    The cluster is that of the command line, else the one that the plan names, if it is still there; it may be given.
    Manifests of `foreign` DaemonSets (namespace/name) are left out, and pods where the cluster was read after the plan
    was made: a pod that was applied and is gone would come back. With `again`, so are manifests that are gone.
    """
    from ..observe.captured import captured_at
    from .options import narrowed
    from .sources import laid_over
    from .state_options import remembering

    origin = document.made_from
    cluster = cluster or cluster_of(document)
    if cluster is None:
        return None
    captured = captured_at(cluster)
    pods = captured is None or captured <= document.now
    paths = _still_there(origin.manifests) if again else tuple(one.name for one in origin.manifests)
    world = laid_over(cluster, paths, origin.namespace, choice_of(), but=foreign, pods=pods) if paths else cluster
    world = narrowed(world, origin.namespace, origin.selector or None)
    return remembering(world, origin.options.get("state"), tuple(origin.options.get("gate", "").split()))


def cluster_of(document: PlanDocument) -> World | None:
    """Return the cluster of the command line, else that of the plan's origin; None where neither can be read."""
    from .sources import read_cluster

    choice, named = choice_of(), document.made_from.cluster
    if choice.cluster or choice.wants_live:
        return read_cluster(choice.cluster, choice)
    if named and all(path != "-" and Path(path).exists() for path in named):
        return read_cluster(named, choice)
    return None
