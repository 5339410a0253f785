"""Does defaulting give the object that a real API server stored (D, X1-X6, X9-X11)?

Quantities compare numerically; what only the server can know (generation, its default namespace, the taint that
admission puts on new Nodes) is set aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dsplan.apiserver.defaulting import default_object
from dsplan.apiserver.schema.kinds import SCALARS, Shape, fields_of
from dsplan.model.quantity import QuantityError, parse_quantity

Record = dict[str, Any]

CORPUS = Path(os.environ.get("DSPLAN_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus"))
_GENERATION = "deprecated.daemonset.template.generation"
_SERVER_METADATA = ("generation", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "creationTimestamp")
_NOT_READY = "node.kubernetes.io/not-ready"


def check(record: Record) -> list[str]:
    """Return where the defaulted manifest differs from what was stored, by field path; empty if nowhere."""
    if record["source"] == "corpus":
        got = default_object({**manifest_of(record), "apiVersion": "apps/v1"})
        return list(differences(got["spec"], record["spec"], "DaemonSetSpec", "spec"))
    stored = record["stored"]
    got = as_created(default_object(record["manifest"]))
    return list(differences(got, as_created(stored), stored["kind"], ""))


def as_created(obj: dict[str, Any]) -> dict[str, Any]:
    """Return the object without what the server sets on creation, whatever was sent."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVER_METADATA}
    annotations = {key: value for key, value in metadata.pop("annotations", {}).items() if key != _GENERATION}
    metadata = {"namespace": "default", **metadata, **({"annotations": annotations} if annotations else {})}
    created = {**obj, "metadata": metadata}
    if obj["kind"] == "DaemonSet":
        del created["status"]
    else:
        del metadata["namespace"]
    if obj["kind"] == "Node":
        taints = obj["spec"].get("taints", [])
        spec = {**obj["spec"], "taints": [taint for taint in taints if not is_not_ready(taint)]}
        created["spec"] = spec
    return created


def is_not_ready(taint: dict[str, Any]) -> bool:
    return taint == {"key": _NOT_READY, "effect": "NoSchedule"}


def differences(got: Any, want: Any, struct: str, path: str) -> Iterator[str]:
    """Compare two trees of a struct of the schema; only quantities are read, all else must be equal."""
    if not isinstance(got, dict) or not isinstance(want, dict) or struct in SCALARS:
        if not same(got, want, struct):
            yield f"{path}: expected {want!r}, got {got!r}"
        return
    for name in sorted({*got, *want}):
        field = fields_of(struct)[name]
        place = f"{path}.{name}".lstrip(".")
        if (name in got) != (name in want):
            yield f"{place}: expected {want.get(name, 'nothing')!r}, got {got.get(name, 'nothing')!r}"
        elif field.shape is Shape.ONE or got[name] is None or want[name] is None:
            yield from differences(got[name], want[name], field.type, place)
        else:
            pairs, complaint = entries(got[name], want[name])
            if complaint:
                yield f"{place}: {complaint}"
            for key, left, right in pairs:
                yield from differences(left, right, field.type, f"{place}[{key}]")


def entries(got: Any, want: Any) -> tuple[list[tuple[Any, Any, Any]], str]:
    """Pair the entries of two lists or maps."""
    if isinstance(got, dict):
        missing = sorted(set(got) ^ set(want))
        return [(key, got[key], want[key]) for key in got if key in want], f"not in both: {missing}" if missing else ""
    complaint = "" if len(got) == len(want) else f"expected {len(want)} entries, got {len(got)}"
    return [(index, *pair) for index, pair in enumerate(zip(got, want, strict=False))], complaint


def same(got: Any, want: Any, scalar: str) -> bool:
    if scalar != "quantity":
        return type(got) is type(want) and bool(got == want)
    try:
        return isinstance(got, str) and parse_quantity(got) == parse_quantity(want)
    except QuantityError:
        return False


def manifest_of(record: Record) -> dict[str, Any]:
    """Return the manifest that a corpus row names: document `index` of its file, entry `item` of a list.

    Comment-only documents are counted in some files and not in others, so the name decides.
    """
    every = documents(record["file"])
    for counted in (every, [document for document in every if document is not None]):
        found = counted[record["index"]] if record["index"] < len(counted) else None
        if "item" in record:
            found = (found if isinstance(found, list) else found["items"])[record["item"]]
        if isinstance(found, dict) and found["metadata"].get("name") == record["name"]:
            return found
    raise LookupError(f"{record['file']} holds no {record['name']} at {record['index']}")


@cache
def documents(name: str) -> list[Any]:
    """Return the documents of a corpus file, read as they were for the recording.

    That was not by kubectl, which ends the last line of a file, and with it a block scalar that stands there.
    """
    return list(yaml.load_all(next(CORPUS.rglob(name)).read_text("utf-8"), _Loader))


class _Loader(yaml.CSafeLoader):
    """Reads dates and sexagesimals as text, as kubectl does."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":value"))]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
