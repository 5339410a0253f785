"""What `dsplan check` reads besides the cluster: rules of plug-ins, settings, platforms of images."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..check import Expectation, Rule, Scene, Settings
    from ..check.settings import Options

__all__ = ["all_rules", "read_expectations", "read_platforms", "read_settings", "scene_of"]

_GROUP = "dsplan.checks"
_OWN = "dsplan.check.rules:RULES"


def all_rules() -> tuple[Rule, ...]:
    """Return the built-in rules and those that installed packages add.

    Raises ConstraintFault for a plug-in that cannot be loaded.
    """
    from importlib.metadata import entry_points

    from ..check import rules_of
    from ..errors import ConstraintFault

    found: list[tuple[str, Any]] = []
    for entry in entry_points(group=_GROUP):
        if entry.value == _OWN:
            continue
        try:
            found.append((entry.name, entry.load()))
        except Exception as error:
            text = f"entry point {entry.name!r} of {_GROUP} cannot be loaded: {type(error).__name__}: {error}"
            raise ConstraintFault(text) from error
    return rules_of(found)


def scene_of(
    paths: tuple[str, ...],
    namespace: str | None,
    selector: str | None,
    now: datetime | None,
    options: Options,
    platforms: Mapping[str, tuple[str, ...]],
) -> Scene:
    """Return the scene that the command line names: of manifests over a cluster, what the manifests hold."""
    from ..check import Scene
    from .options import moment, narrowed, solved
    from .sources import applied_daemonsets, read_world

    if selector:
        from ..model.selectors import parse_selector

        parse_selector(selector)  # What cannot be read is said before anything is.
    world = read_world(paths, namespace, selector)
    asked = {each.identity for each in narrowed(world, namespace, selector).daemonsets}
    applied = applied_daemonsets()
    plan = solved(world, moment(now, world))
    only = asked if applied is None else asked & applied
    return Scene.of(world, plan, only, options=options, platforms=platforms)


def read_settings(path: str | None) -> Settings:
    """Return the settings of a file; without one, of .dsplan.toml or of pyproject.toml in this folder, if they exist.

    Raises InputError for a file that cannot be read.
    """
    import os

    from ..check import Settings
    from ..check.settings import settings_of

    if path is not None:
        tree = _toml(path)
        return settings_of(_table(tree, path), path)
    for name in (".dsplan.toml", "pyproject.toml"):
        if os.path.isfile(name):
            table = _table(_toml(name), name)
            if table or name == ".dsplan.toml":
                return settings_of(table, name)
    return Settings()


def _table(tree: dict[str, Any], path: str) -> Any:
    if path.endswith("pyproject.toml"):
        tool = tree.get("tool")
        own = tool.get("dsplan") if isinstance(tool, dict) else None
        return own.get("check", {}) if isinstance(own, dict) else {}
    return tree.get("check", {})


def _toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, f"not TOML: {error}") from error


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_MOST + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if len(text) > _MOST:
        raise _unreadable(path, f"larger than {_MOST:,} characters")
    return text


_MOST = 10_000_000


def _unreadable(path: str, message: str) -> Exception:
    from ..errors import InputError, Problem

    return InputError.of([Problem(reason="Unreadable", message=message, source=path)])


def read_expectations(path: str) -> tuple[tuple[Expectation, int | None], ...]:
    """Return the expectations of a YAML or JSON file, with their lines.

    Raises InputError with everything that is wrong.
    """
    import yaml

    from ..check import decode_expectations

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = _text(path)
    try:
        tree, root = yaml.load(text, Loader=loader), yaml.compose(text, Loader=loader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _unreadable(path, f"not YAML: {' '.join(str(error).split())[:300]}") from error
    return decode_expectations(tree, path, _entry_lines(root))


def _entry_lines(root: Any) -> list[int]:
    """Return the lines of the entries of `expect:`, from 1."""
    pairs = root.value if isinstance(getattr(root, "value", None), list) else []
    for key, value in (pair for pair in pairs if isinstance(pair, tuple)):
        if key.value == "expect" and isinstance(value.value, list):
            return [entry.start_mark.line + 1 for entry in value.value if hasattr(entry, "start_mark")]
    return []


def read_platforms(path: str | None) -> dict[str, tuple[str, ...]]:
    """Return image -> platforms of a YAML or JSON file.

    Raises InputError where it is no such map.
    """
    import msgspec
    import yaml

    if path is None:
        return {}
    try:
        tree = yaml.load(_text(path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        return msgspec.convert(tree or {}, dict[str, tuple[str, ...]])
    except (yaml.YAMLError, msgspec.ValidationError, RecursionError) as error:
        text = " ".join(str(error).split())[:300]
        raise _unreadable(path, f"must map images to lists such as [linux/amd64]: {text}") from error
