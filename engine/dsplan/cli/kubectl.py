"""The live cluster, read by kubectl: `get` and nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from ..errors import InputError, Problem
from ..model.world import Note
from ..reading import limits
from .child import OutOfBounds, run, without_tokens

if TYPE_CHECKING:
    from ..reading.read import Found

__all__ = ["REQUESTS", "REQUEST_TIMEOUT", "live_objects"]

Waiting: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Given what is waited for, returns what is entered meanwhile."""

SOURCE = "live cluster"
_DAEMONSETS = "daemonsets.apps"
_KINDS = ("nodes", "pods", _DAEMONSETS, "controllerrevisions.apps", "priorityclasses")
_ALL_BUT_DAEMONSETS = tuple(kind for kind in _KINDS if kind != _DAEMONSETS)
_ADMISSION = {
    "namespaces": "Namespace",
    "resourcequotas": "ResourceQuota",
    "limitranges": "LimitRange",
    "serviceaccounts": "ServiceAccount",
}
"""What decides which pods are refused. Not everybody may read it, and a plan can be made without it."""
_LAST_LINES, _LONGEST = 5, 500
REQUEST_TIMEOUT = 60.0
"""Seconds that the API server may take for one page."""
REQUESTS = 10
"""How many times as long one call of kubectl, with all its pages, may take."""
_LOG_LINE = re.compile(r"[EWI][0-9]{4} [0-9:.]+ +[0-9]+ ")


def _unseen(what: str) -> AbstractContextManager[None]:
    return nullcontext()


def live_objects(
    *,
    context: str | None = None,
    kubeconfig: str | None = None,
    namespace: str | None = None,
    selector: str | None = None,
    request_timeout: float = REQUEST_TIMEOUT,
    waiting: Waiting = _unseen,
) -> Iterator[Found]:
    """Yield the objects of the cluster that kubectl is set up for. Nothing is ever written to it.

    `namespace` and `selector` choose DaemonSets; nodes and pods are read whole, since the pods of other namespaces take
    up room, too. `waiting` is entered for the time of each call. A request may take `request_timeout` seconds, a call
    of kubectl `REQUESTS` times that. Raises InputError where kubectl is missing, fails, takes too long, answers in
    part, or prints no JSON.
    """
    from ..reading.read import stream_bytes

    access = [*_option("--context", context), *_option("--kubeconfig", kubeconfig)]
    get = partial(_get, access=access, waiting=waiting, request_timeout=request_timeout)
    if namespace is None and selector is None:
        yield from stream_bytes(get(_KINDS, ["-A"]), SOURCE)
        yield from _admission(get)
        return
    chosen = [*(["-A"] if namespace is None else ["-n", namespace]), *_option("-l", selector)]
    cluster = stream_bytes(get(_ALL_BUT_DAEMONSETS, ["-A"]), SOURCE)
    yield from (item for item in cluster if not _is_daemonset(item))
    daemonsets = stream_bytes(get((_DAEMONSETS,), chosen), f"{SOURCE}, DaemonSets")
    yield from (item for item in daemonsets if _is_daemonset(item) or isinstance(item, Problem))
    yield from _admission(get)


def _admission(get: Callable[[Sequence[str], Sequence[str]], bytes]) -> Iterator[Found]:
    """Yield what decides which pods are refused; a note where it may not be read."""
    from ..reading.read import stream_bytes

    try:
        data = get(tuple(_ADMISSION), ["-A"])
    except InputError as error:
        text = f"{error.problems[0].message}; so pods that quotas and the like refuse are not foreseen"
        yield Note(SOURCE, text)
        return
    kinds = set(_ADMISSION.values())
    found = stream_bytes(data, f"{SOURCE}, namespaces")
    yield from (item for item in found if getattr(item, "kind", "") in kinds or isinstance(item, Problem))


def _is_daemonset(item: Found) -> bool:
    return getattr(item, "kind", "") == "DaemonSet"


def _option(name: str, value: str | None) -> list[str]:
    return [] if value is None else [name, value]


def _get(
    kinds: Sequence[str], scope: Sequence[str], *, access: Sequence[str], waiting: Waiting, request_timeout: float
) -> bytes:
    """Return what `kubectl get` prints as JSON, whole; kubectl asks for it page by page. Raises InputError else."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise _failure("kubectl is not on PATH; name a FILE, a directory, or - for standard input instead")
    words = [kubectl, "get", ",".join(kinds), *scope, "-o", "json", *access, f"--request-timeout={request_timeout:g}s"]
    command = " ".join(["kubectl", *words[1:]])
    try:
        with waiting(f"kubectl get {words[2]}"):
            done = run(words, seconds=REQUESTS * request_timeout, most_bytes=limits.MAX_SOURCE_BYTES)
    except OSError as error:
        raise _failure(f"kubectl cannot be run: {error.strerror}") from None
    except OutOfBounds as error:
        raise _failure(f"`{command}` {error}; --request-timeout SECONDS gives it more time") from None
    if done.code:
        raise _failure(f"`{command}` failed ({done.code}): {_last_words(done.stderr)}")
    if not done.stdout.lstrip().startswith(b"{"):
        raise _failure("kubectl printed no JSON object")
    if missing := _missing(done.stdout):
        raise _failure(f"`{command}` answered in part: {missing}; nothing can be planned with a part of a cluster")
    return done.stdout


class _ListMeta(msgspec.Struct, rename="camel"):
    """What a list says of the pages behind it."""

    continue_: str | None = msgspec.field(default=None, name="continue")
    remaining_item_count: int | None = None


class _Head(msgspec.Struct):
    metadata: _ListMeta | None = None


def _missing(data: bytes) -> str:
    """Return what an answer lacks, empty where it is whole; what is no JSON at all is for the reader to say."""
    try:
        metadata = msgspec.json.decode(data, type=_Head).metadata or _ListMeta()
    except msgspec.ValidationError as error:
        return f"its metadata cannot be read ({error})"
    except msgspec.DecodeError as error:
        return "it ends early" if "truncated" in str(error) else ""
    if metadata.remaining_item_count:
        return f"{metadata.remaining_item_count:,} items remain"
    return "there are more pages" if metadata.continue_ else ""


def _last_words(stderr: bytes) -> str:
    """Return what kubectl said for people: short, printable, without the log lines of its libraries and tokens."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line and not _LOG_LINE.match(line)]
    text = without_tokens(" / ".join(said[-_LAST_LINES:]))
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...") or "it said nothing"


def _failure(message: str) -> InputError:
    return InputError.of([Problem(reason="Unreadable", message=message, source=SOURCE)])
