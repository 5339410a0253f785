"""How much input is read before it is refused; every bound of the reader in one place.

The bounds are far above what clusters and repositories hold and low enough that hostile input ends within about a
second and 300 MB.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "MAX_ALIAS_NODES",
    "MAX_ARCHIVE_BYTES",
    "MAX_ARCHIVE_ENTRIES",
    "MAX_ARCHIVE_LEVELS",
    "MAX_CHECKED_JSON",
    "MAX_DEPTH",
    "MAX_DIRECTORY_ENTRIES",
    "MAX_DIRECTORY_LEVELS",
    "MAX_FILES",
    "MAX_GZIP_RATIO",
    "MAX_HEADER_BYTES",
    "MAX_KEPT_BYTES",
    "MAX_LIST_LEVELS",
    "MAX_NUMBER_DIGITS",
    "MAX_OBJECT_BYTES",
    "MAX_PATH",
    "MAX_POOL_NODES",
    "MAX_PROBLEMS",
    "MAX_SOURCE_BYTES",
    "MAX_STRANGE_LINES",
    "MAX_TOTAL_BYTES",
    "MAX_VALUES",
    "MAX_WHOLE_LIST",
    "MAX_ZIP_DIRECTORY",
    "MIN_BOMB_BYTES",
    "RAISABLE",
    "most_values",
    "raise_limit",
]

MAX_DEPTH: Final = 200
"""Levels of nesting in one document (the deepest public custom resource definitions need fewer than 60)."""

MAX_ALIAS_NODES: Final = 100_000
"""Nodes that the aliases of one document may stand for in all; a bomb of a few lines stands for billions."""

MAX_NUMBER_DIGITS: Final = 400
"""Characters of a JSON number; a float64 has no use for more."""

MAX_PROBLEMS: Final = 1_000
"""Problems reported of one source; the rest is cut with a last problem that says so."""

MAX_STRANGE_LINES: Final = 10_000
"""Lines of one document, and places of one source, that are passed over because they are no part of a manifest."""

MAX_SOURCE_BYTES: Final = 1 << 30
"""Bytes of one source, after decompression."""

MAX_TOTAL_BYTES: Final = 4 << 30
"""Bytes of all sources of one call, after decompression."""

MAX_GZIP_RATIO: Final = 300
"""Times that a gzip member may grow (a dump of 10,000 like nodes grows about 60 times, a bomb 1,030 times)."""

MIN_BOMB_BYTES: Final = 16 << 20
"""Below this size after decompression no ratio is looked at."""

MAX_FILES: Final = 100_000
"""Manifest files taken from one directory, at all levels; a velero backup holds one an object."""

MAX_DIRECTORY_ENTRIES: Final = 200_000
"""Directory entries looked at in one directory argument, at all levels."""

MAX_DIRECTORY_LEVELS: Final = 64
"""Levels of directories below a directory argument."""

MAX_ARCHIVE_ENTRIES: Final = 200_000
"""Entries looked at in one archive."""

MAX_ARCHIVE_BYTES: Final = 8 << 30
"""Bytes of one archive, after decompression, that are gone through: logs are most of a support bundle."""

MAX_ARCHIVE_LEVELS: Final = 2
"""Archives within archives: a folder of backups, a bundle of bundles."""

MAX_HEADER_BYTES: Final = 1 << 20
"""Bytes between two entries of a tar archive: names and attributes."""

MAX_PATH: Final = 4096
"""Characters of a path in an archive."""

MAX_ZIP_DIRECTORY: Final = 16 << 20
"""Bytes of the list of entries at the end of a zip archive, which is read whole."""

MAX_KEPT_BYTES: Final = 64 << 20
"""Bytes of archive entries that are kept so that places in them can be told later."""

MAX_OBJECT_BYTES = 8 << 20
"""Bytes of one object that planning reads, as text (an API server takes at most 3 MiB). `--limit` raises it."""

MAX_POOL_NODES = 100_000
"""Nodes that one NodePool manifest may stand for; ten times what a cluster is tested with. `--limit` raises it."""

_RAISABLE: Final = {"object-bytes": "MAX_OBJECT_BYTES", "pool-nodes": "MAX_POOL_NODES"}

RAISABLE: Final = tuple(_RAISABLE)
"""Names of the limits that a user may raise, for input that is trusted."""


def raise_limit(name: str, number: int) -> None:
    """Set one of the limits in `RAISABLE` for the rest of the process; the command line does it before it reads."""
    globals()[_RAISABLE[name]] = number


MAX_LIST_LEVELS: Final = 8
"""Steps from a document to an object in it: four lists within lists."""

MAX_CHECKED_JSON: Final = 4 << 20
"""Bytes of a JSON document up to which repeated keys are looked for; larger ones are dumps of an API server."""

MAX_VALUES: Final = 200_000
"""Values (scalars, lists, objects) that the exact paths read of one object; no server takes one with more."""

_CHARACTERS_A_VALUE: Final = 12
"""Characters that a value takes at least in a large list of objects; in dumps of clusters it takes more than 17."""

MAX_WHOLE_LIST: Final = 16 << 20
"""Characters of a YAML list up to which it is read whole where an entry alone is broken: a text may hold a dash."""


def most_values(size: int, *, listed: bool) -> int:
    """Return how many values the exact paths read of a document of `size` characters, `listed` where it is a list.

    >>> most_values(150_000_000, listed=False), most_values(150_000_000, listed=True)
    (200000, 12500000)
    """
    return max(MAX_VALUES, size // _CHARACTERS_A_VALUE) if listed else MAX_VALUES
