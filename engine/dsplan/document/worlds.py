"""The planned world inside a plan: trees as JSON lines, packed; unpacked within bounds, whatever a file says."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..errors import InputError, Problem

__all__ = ["LARGEST_WORLD", "packed_world", "unpacked_world"]

LARGEST_WORLD = 8 << 30
"""Bytes that an embedded world may have once it is unpacked."""
_PIECE = 1 << 20
_LONGEST_LINE = 64 << 20


def packed_world(trees: Iterable[dict[str, Any]]) -> tuple[bytes, int]:
    """Return trees as gzipped JSON lines, and how many bytes they are unpacked; the same trees give the same bytes.

    >>> packed, size = packed_world([{"kind": "Node"}])
    >>> size, list(unpacked_world(packed, size))
    (16, [{'kind': 'Node'}])
    """
    encode = msgspec.json.Encoder(order="sorted").encode
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts, size = [], 0
    for tree in trees:
        line = encode(tree) + b"\n"
        size += len(line)
        parts.append(packer.compress(line))
    parts.append(packer.flush())
    return b"".join(parts), size


def unpacked_world(packed: bytes, size: int) -> Iterator[dict[str, Any]]:
    """Yield the trees of a packed world of `size` bytes, one by one.

    Raises InputError where it is no such world, or a larger one than is said.
    """
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    try:
        for line in _lines(packed, min(size, LARGEST_WORLD)):
            yield decode(line)
    except (zlib.error, gzip.BadGzipFile, msgspec.DecodeError, RecursionError, ValueError) as error:
        message = f"the world in the plan cannot be read: {error}"
        raise InputError.of([Problem(reason="DecodeError", message=message, field="madeFrom.world")]) from None


def _lines(packed: bytes, size: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(31)
    rest, data, total = b"", packed, 0
    while data or not unpacker.eof:
        piece = unpacker.decompress(data, _PIECE)
        data = unpacker.unconsumed_tail
        total += len(piece)
        if total > size or len(rest) > _LONGEST_LINE:
            raise ValueError(f"it is larger than the {size:,} bytes that the plan says")
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        if not piece and not data and not unpacker.eof:
            raise ValueError("it ends in the middle")
    if rest:
        raise ValueError("its last line is not whole")
