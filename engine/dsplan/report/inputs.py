"""The digest of what a plan was made from."""

from __future__ import annotations

import hashlib

import msgspec

from ..model.world import KINDS, World

__all__ = ["inputs_digest"]


def inputs_digest(world: World) -> str:
    """Return the SHA-256 of every object and the State as planning reads them, in hex.

    Two worlds with the same digest get the same plan for the same moment; the order of the input plays no part.
    """
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder(order="deterministic")
    for field, _ in sorted(KINDS.values(), key=lambda entry: entry[0]):
        digest.update(field.encode())
        for item in getattr(world, field):
            digest.update(encoder.encode(item))
    digest.update(encoder.encode(world.state))
    return f"sha256:{digest.hexdigest()}"
