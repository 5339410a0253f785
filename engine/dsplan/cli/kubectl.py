"""The live cluster, read by kubectl: `get` and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence

from ..errors import InputError, Problem
from ..manifests.judging import Level
from ..model.world import World

__all__ = ["ALL_NAMESPACED", "live_world"]

SOURCE = "live cluster"
_CLUSTER = ("nodes", "pods", "controllerrevisions.apps", "priorityclasses")
_DAEMONSETS = "daemonsets.apps"
ALL_NAMESPACED = ("nodes", "pods", _DAEMONSETS, "controllerrevisions.apps", "priorityclasses")
_LAST_LINES = 5
_LOG_LINE = re.compile(r"[EWI][0-9]{4} [0-9:.]+ +[0-9]+ ")


def live_world(
    *,
    context: str | None = None,
    kubeconfig: str | None = None,
    namespace: str | None = None,
    selector: str | None = None,
    level: Level = "strict",
) -> World:
    """Return the World of the cluster that kubectl is set up for. Nothing is ever written to it.

    `namespace` and `selector` choose DaemonSets; nodes and pods are read whole, since the pods of other namespaces take
    up room, too. Raises InputError where kubectl is missing, fails, or prints what cannot be read.
    """
    from itertools import chain

    from ..manifests.judging import Checks
    from ..manifests.load import world_of
    from ..manifests.reading.objects import RawObject
    from ..manifests.reading.read import stream_bytes

    access = [*_option("--context", context), *_option("--kubeconfig", kubeconfig)]
    if namespace is None and selector is None:
        found = stream_bytes(_get(ALL_NAMESPACED, ["-A"], access), SOURCE)
        return world_of(found, checks=Checks(level))
    chosen = [*(["-A"] if namespace is None else ["-n", namespace]), *_option("-l", selector)]
    cluster = stream_bytes(_get(_CLUSTER, ["-A"], access), SOURCE)
    daemonsets = stream_bytes(_get((_DAEMONSETS,), chosen, access), f"{SOURCE}, DaemonSets")

    def wanted(item: object, *, daemonset: bool) -> bool:
        return not isinstance(item, RawObject) or (item.kind == "DaemonSet") is daemonset

    both = chain(
        (item for item in cluster if wanted(item, daemonset=False)),
        (item for item in daemonsets if wanted(item, daemonset=True)),
    )
    return world_of(both, checks=Checks(level))


def _option(name: str, value: str | None) -> list[str]:
    return [] if value is None else [name, value]


def _get(kinds: Sequence[str], scope: Sequence[str], access: Sequence[str]) -> bytes:
    """Return what `kubectl get` prints as JSON."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise _failure("kubectl is not on PATH; name a FILE, a directory, or - for standard input instead")
    words = [kubectl, "get", ",".join(kinds), *scope, "-o", "json", *access]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
    except OSError as error:
        raise _failure(f"kubectl cannot be run: {error.strerror}") from None
    if done.returncode:
        command = " ".join(["kubectl", *words[1:]])
        raise _failure(f"`{command}` failed ({done.returncode}): {_last_words(done.stderr)}")
    if not done.stdout.lstrip().startswith(b"{"):
        raise _failure("kubectl printed no JSON object")
    return done.stdout


def _last_words(stderr: bytes) -> str:
    """Return what kubectl said for people, without the log lines of its libraries."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line and not _LOG_LINE.match(line)]
    return " / ".join(said[-_LAST_LINES:]) or "it said nothing"


def _failure(message: str) -> InputError:
    return InputError.of([Problem(reason="Unreadable", message=message, source=SOURCE)])
