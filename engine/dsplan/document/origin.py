"""What a plan was made from: enough to ask later whether it still holds, and of what world it speaks."""

from __future__ import annotations

from datetime import datetime

from .base import Entry

__all__ = ["MadeFrom", "Manifest"]


class Manifest(Entry, frozen=True, kw_only=True):
    """A manifest that was laid over the cluster: its name as given, and the digest of its bytes."""

    name: str
    digest: str = ""


class MadeFrom(Entry, frozen=True, kw_only=True):
    """The origin of a plan.

    `namespace` and `selector` are its scope; `cluster` names the files of the cluster, none where it was read live;
    `captured` is the newest time that its objects mention. `manifests` were laid over it, then `edits` were made, as
    written on the command line. `options` are those that change what is planned, `versions` those of what read and
    planned it. `digests` are SHA-256 by what they are of: templates as planned, and as stored where that is another.
    `world` is the planned world itself, gzip of JSON trees in base64, of `world_bytes` bytes once unpacked.
    """

    namespace: str | None = None
    selector: str = ""
    cluster: tuple[str, ...] = ()
    captured: datetime | None = None
    manifests: tuple[Manifest, ...] = ()
    edits: tuple[str, ...] = ()
    options: dict[str, str] = {}
    versions: dict[str, str] = {}
    digests: dict[str, str] = {}
    world: bytes = b""
    world_bytes: int = 0
