"""Where the cluster comes from, and what lies over it: files, a snapshot, or the live cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from ..apiserver.judging import Level
    from ..manifests.world_changes import ObjectChange
    from ..model.meta import Identity
    from ..model.world import World
    from ..reading.read import Found
    from .progress import Bar

__all__ = [
    "ClusterChoice",
    "applied_daemonsets",
    "choice_of",
    "cluster_objects",
    "cluster_options",
    "edit_made",
    "laid_over",
    "limit_option",
    "read_cluster",
    "read_world",
]

F = TypeVar("F", bound=Callable[..., Any])

_META = "dsplan.sources"
_EDIT = "dsplan.edit"
_APPLIED = "dsplan.applied"
_LEVELS = ("strict", "warn", "ignore")


class ClusterChoice(msgspec.Struct, frozen=True):
    """What the options of one command line say about the cluster; every command that reads one has them."""

    cluster: tuple[str, ...] = ()
    live: bool = False
    context: str | None = None
    kubeconfig: str | None = None
    validate: Level = "strict"
    request_timeout: float = 60.0

    @property
    def wants_live(self) -> bool:
        """Whether kubectl is to be asked."""
        return self.live or self.context is not None or self.kubeconfig is not None


def cluster_options(cluster: str = "The cluster; FILEs are then manifests to apply to it.") -> Callable[[F], F]:
    """Add --cluster, --live, --validate and what kubectl is called with; `choice_of` has what they said."""
    validate = "How to treat what an API server would reject: fail, warn or ignore."
    options = (
        _option("--validate", type=click.Choice(_LEVELS), default="strict", show_default=True, help=validate),
        _option(
            "--request-timeout",
            type=click.FloatRange(min=1, max=86_400),
            default=60,
            show_default=True,
            metavar="SECONDS",
            help="How long the API server may take for one answer; all of a call of kubectl may take ten times that.",
        ),
        limit_option,
        _option("--kubeconfig", metavar="FILE", help="The kubeconfig of the live cluster."),
        _option("--context", metavar="NAME", help="The kubeconfig's context of the live cluster."),
        _option("--live", is_flag=True, help="Read the cluster with kubectl; the default without any FILE."),
        _option("--cluster", multiple=True, metavar="FILE", help=f"{cluster} Repeatable."),
    )

    def decorate(function: F) -> F:
        for option in options:
            function = option(function)
        return function

    return decorate


def _raise(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> None:
    """Raise the limits that the command line names, before anything is read."""
    from ..reading.limits import RAISABLE, raise_limit

    for text in values:
        name, _, number = text.partition("=")
        if name not in RAISABLE or not number.isascii() or not number.isdigit() or len(number) > 15:
            raise click.BadParameter(
                f"expected NAME=NUMBER with one of {', '.join(RAISABLE)}, not {text!r}", ctx, param
            )
        raise_limit(name, int(number))


def limit_option(function: F) -> F:
    """Add --limit."""
    return click.option(
        "--limit",
        multiple=True,
        metavar="NAME=NUMBER",
        expose_value=False,
        callback=_raise,
        help="Take more than is taken by default: object-bytes=NUMBER, pool-nodes=NUMBER. For input you trust.",
    )(function)


def _option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Return an option that is kept beside the parameters, so that no command has to hand it through."""
    return click.option(*names, expose_value=False, callback=_keep, **attributes)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    ctx.meta.setdefault(_META, {})[param.name] = value
    return value


def choice_of(ctx: click.Context | None = None) -> ClusterChoice:
    """Return what the current command line says about the cluster."""
    ctx = ctx or click.get_current_context(silent=True)
    return ClusterChoice(**(ctx.meta.get(_META, {}) if ctx else {}))


def read_world(paths: tuple[str, ...], namespace: str | None, selector: str | None) -> World:
    """Return the World that the command line names: files, or manifests over a cluster, or the live cluster.

    Manifests without a namespace go to `namespace` or to `default`, as kubectl would apply them.
    """
    choice = choice_of()
    if choice.cluster and choice.wants_live:
        raise click.UsageError("--cluster names the cluster: --live, --context and --kubeconfig do not go with it")
    if (*paths, *choice.cluster).count("-") > 1:
        raise click.UsageError("standard input can be read once")
    if paths and not choice.cluster and not choice.wants_live:
        return read_cluster(paths, choice)
    if not paths:
        return read_cluster(choice.cluster, choice, namespace=namespace, selector=selector)
    # All of it: a manifest's DaemonSet may be one that the options do not choose.
    return laid_over(read_cluster(choice.cluster, choice), paths, namespace, choice)


def laid_over(
    cluster: World,
    paths: tuple[str, ...],
    namespace: str | None,
    choice: ClusterChoice,
    *,
    but: Sequence[str] = (),
    pods: bool = True,
) -> World:
    """Return a cluster with the manifests of some files over it, without DaemonSets `but` (namespace/name)."""
    from ..manifests.decode import DEFAULT_NAMESPACE
    from ..manifests.load import load
    from ..manifests.overlay import overlay
    from ..manifests.updates import accepted_updates
    from ..manifests.world_changes import applied_changes

    into = namespace or DEFAULT_NAMESPACE
    manifests = load(paths, validate=choice.validate, trust_stored=False, namespace=into, nodes=cluster.nodes)
    if not pods:
        manifests = msgspec.structs.replace(manifests, pods=())
    if but:
        kept = tuple(one for one in manifests.daemonsets if str(one.identity) not in but)
        manifests = msgspec.structs.replace(manifests, daemonsets=kept)
    manifests = accepted_updates(cluster, manifests, choice.validate)
    after = overlay(cluster, manifests)
    _remember_applied(manifests)
    _remember_edit(applied_changes(cluster, manifests, after))
    return _sized(after, choice.cluster, choice)


def _remember_edit(changes: tuple[ObjectChange, ...]) -> None:
    ctx = click.get_current_context(silent=True)
    if ctx is not None:
        ctx.meta[_EDIT] = changes


def _remember_applied(manifests: World) -> None:
    ctx = click.get_current_context(silent=True)
    if ctx is not None:
        ctx.meta[_APPLIED] = frozenset(daemonset.identity for daemonset in manifests.daemonsets)


def applied_daemonsets() -> frozenset[Identity] | None:
    """Return the DaemonSets of the manifests that were laid over a cluster last; None where none were."""
    ctx = click.get_current_context(silent=True)
    found: frozenset[Identity] | None = ctx.meta.get(_APPLIED) if ctx is not None else None
    return found


def edit_made() -> tuple[ObjectChange, ...]:
    """Return what the manifests that were read last change in the cluster they were laid over."""
    ctx = click.get_current_context(silent=True)
    found: tuple[ObjectChange, ...] = ctx.meta.get(_EDIT, ()) if ctx is not None else ()
    return found


def _sized(world: World, paths: tuple[str, ...], choice: ClusterChoice) -> World:
    """Return the world with the sizes of images, where a policy asks for them and the cluster can be read again."""
    files = tuple(path for path in paths if path != "-")
    if not world.rollout_policies or (paths and not files):
        return world
    from ..manifests.image_sizes import with_image_sizes
    from .progress import progress_bar

    with progress_bar() as bar:
        return with_image_sizes(world, lambda: cluster_objects(files, choice, bar))


def read_cluster(
    paths: tuple[str, ...], choice: ClusterChoice, *, namespace: str | None = None, selector: str | None = None
) -> World:
    """Return the World of the files of a cluster; without any, of the live cluster."""
    from ..apiserver.judging import Checks
    from ..manifests.load import world_of
    from .progress import progress_bar

    with progress_bar() as bar:
        found = cluster_objects(paths, choice, bar, namespace=namespace, selector=selector)
        world = world_of(found, checks=Checks(choice.validate))
    return _sized(world, paths, choice)


def cluster_objects(
    paths: tuple[str, ...],
    choice: ClusterChoice,
    bar: Bar,
    *,
    namespace: str | None = None,
    selector: str | None = None,
) -> Iterator[Found]:
    """Yield what the files of a cluster hold; without any, what kubectl says of the live cluster."""
    if paths:
        from ..manifests.load import TYPES
        from ..reading.read import stream

        return stream(paths, types=TYPES, progress=bar.read)
    from .kubectl import live_objects

    return live_objects(
        context=choice.context,
        kubeconfig=choice.kubeconfig,
        namespace=namespace,
        selector=selector,
        request_timeout=choice.request_timeout,
        waiting=bar.waiting_for,
    )
