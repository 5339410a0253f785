"""How bundles of well-known tools are laid out: one row a layout and kind of path.

A row says of the paths that it matches whether they are read, and by its group `resource` what objects without kind in
them are. A path that no row matches is read if it is named like a manifest; what its objects are, its own name or that
of its folder may tell. So a layout that nobody has seen before is read, too, as far as its objects say what they are.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from dsplan.model.regex import regex
from dsplan.reading.resources import kind_of_resource

__all__ = ["LAYOUTS", "MANIFEST_SUFFIXES", "Layout", "Place", "is_manifest", "place_of"]

MANIFEST_SUFFIXES: Final = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")


class Layout(msgspec.Struct, frozen=True):
    """One row: the tool, the paths that it is about, and whether they are read."""

    tool: str
    path: re.Pattern[str]
    reads: bool = True


class Place(msgspec.Struct, frozen=True):
    """What a path says: the tool that writes such paths, whether it is read, what objects without kind in it are."""

    tool: str = ""
    reads: bool = True
    expects: tuple[str, str] = ("", "")


def _row(tool: str, path: str, *, reads: bool = True) -> Layout:
    return Layout(tool, regex(rf"(?:^|/){path}$"), reads)


_MUST_GATHER: Final = "must-gather or oc adm inspect"
_VELERO: Final = "velero backup"
_SUPPORT_BUNDLE: Final = "support bundle (troubleshoot.sh)"
_SONOBUOY: Final = "sonobuoy snapshot"
_DUMP: Final = "kubectl cluster-info dump"

LAYOUTS: Final = (
    _row(_MUST_GATHER, r"namespaces/[^/]+/(?P<resource>pods)/[^/]+/[^/]+\.ya?ml"),
    _row(_MUST_GATHER, r"namespaces/[^/]+/[a-z][^/]*/(?P<resource>[^/]+?)(?:/[^/]+)?\.(?:ya?ml|json)"),
    _row(_MUST_GATHER, r"cluster-scoped-resources/[^/]+/(?P<resource>[^/]+?)(?:/[^/]+)?\.(?:ya?ml|json)"),
    # Where a backup has several versions of a resource, the preferred one is there once more without a version.
    _row(_VELERO, r"resources/[a-z][a-z0-9.-]*/v[0-9][^/]*/(?:cluster|namespaces/[^/]+)/[^/]+\.json", reads=False),
    _row(_VELERO, r"resources/(?P<resource>[a-z][a-z0-9.-]*)/(?:cluster|namespaces/[^/]+)/[^/]+\.json"),
    _row(_SUPPORT_BUNDLE, r"cluster-resources/[^/]*-errors\.json", reads=False),
    _row(_SUPPORT_BUNDLE, r"cluster-resources/(?:auth-cani-list|image-pull-secrets|pods/logs)/.+", reads=False),
    _row(_SUPPORT_BUNDLE, r"cluster-resources/(?P<resource>[a-z-]+)(?:/[^/]+)?\.(?:json|ya?ml)"),
    _row(_SONOBUOY, r"resources/(?:cluster|ns/[^/]+)/(?:[a-z0-9.-]+_v[0-9a-z]+_)?(?P<resource>[A-Za-z]+)\.json"),
    _row(_DUMP, r"[^/]+/(?P<resource>daemonsets|deployments|pods|replicasets|services|events)\.(?:json|ya?ml)"),
    _row(_DUMP, r"(?P<resource>nodes)\.(?:json|ya?ml)"),
)
"""The first row that matches a path decides."""


def is_manifest(name: str) -> bool:
    """Return whether a file is named like a manifest; `.gz` behind that makes no difference.

    >>> is_manifest("a/pods.json.gz"), is_manifest("a/current.log")
    (True, False)
    """
    return name.removesuffix(".gz").endswith(MANIFEST_SUFFIXES)


def place_of(path: str) -> Place:
    """Return what a path within a folder or archive says of its content.

    >>> place_of("cluster-resources/pods/ops.json").expects
    ('v1', 'Pod')
    >>> place_of("cluster-resources/pods-errors.json").reads, place_of("x/logs/current.log").reads
    (False, False)
    """
    plain = path.removesuffix(".gz")
    for row in LAYOUTS:
        if match := row.path.search(plain):
            resource = match.groupdict().get("resource")
            return Place(row.tool, row.reads and is_manifest(path), _expected(resource) if resource else ("", ""))
    return Place(reads=is_manifest(path), expects=_told_by_name(plain))


def _expected(resource: str) -> tuple[str, str]:
    return kind_of_resource(resource) or ("", "")


def _told_by_name(path: str) -> tuple[str, str]:
    """Return what the file's name or that of its folder says."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0]
    return _expected(stem) if kind_of_resource(stem) or not folders else _expected(folders[-1])
