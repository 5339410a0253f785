"""JSON-like trees with the place of everything in them."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from dsplan.errors import Problem

__all__ = ["Located", "Marks", "Place", "Pointer", "cut_path", "field_path"]

Pointer: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]
"""Line and column, from 1."""
Marks: TypeAlias = dict[int, dict[str | int, tuple[Place, Place]]]
"""Per container (by id of the dict or list): key or index -> (place of the key, place of the value)."""

_MAX_PATH: Final = 300


class Located:
    """A JSON-like tree and the places of everything in it.

    >>> from dsplan.reading.yaml_exact import parse_yaml
    >>> located = parse_yaml("spec:\\n  replicas: 3\\n")
    >>> located.tree, located.place(("spec", "replicas"))
    ({'spec': {'replicas': 3}}, (2, 13))
    """

    __slots__ = ("marks", "problems", "skipped", "tree")

    def __init__(self, tree: Any, marks: Marks, problems: list[Problem]) -> None:
        self.tree = tree
        self.marks = marks
        self.problems = problems
        self.skipped = 0
        """How many steps of a pointer lie above this tree, where it is an entry of a list and not a document."""

    def place(self, pointer: Pointer, *, key: bool = False) -> Place | None:
        """Return (line, column) of the value at `pointer` or of its key; the nearest parent's if it is absent."""
        found: Place | None = self.marks.get(0, {}).get(0, (None, None))[1]
        node = self.tree
        for step in pointer:
            pair = self.marks.get(id(node), {}).get(step)
            if pair is None:
                return found
            found = pair[0] if key else pair[1]
            node = node[step]
        return found


def field_path(steps: Pointer) -> str:
    """Return `steps` as Kubernetes prints a path, cut after 300 characters.

    >>> field_path(("spec", "containers", 0, "name")), field_path(("metadata", "labels", "a.b/c"))
    ('spec.containers[0].name', 'metadata.labels[a.b/c]')
    """
    text = ""
    for step in steps:
        if isinstance(step, int) or "." in step or "/" in step or "[" in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
        if len(text) > _MAX_PATH:
            break
    return cut_path(text)


def cut_path(text: str) -> str:
    """Return a path as it is printed: cut after 300 characters."""
    return text if len(text) <= _MAX_PATH else text[:_MAX_PATH] + "..."
