"""Where a DaemonSet may run: RUN, KEEP or DENY, with every reason in accounting order (E1-E5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .labels import daemon_tolerations, invalid, is_tolerated, requirement_holds, requirement_text, taint_text

__all__ = ["Rule", "project", "rules_of", "verdict"]

Tree = dict[str, Any]


class Rule(NamedTuple):
    """One rule: `id/version`, the node fields it reads, whether failing it forbids staying, and why a node fails."""

    name: str
    reads: tuple[str, ...]
    forbids_staying: bool
    why: Callable[[Tree], str | None]

    @property
    def code(self) -> str:
        """The reason code: the id."""
        return self.name.rpartition("/")[0]


def project(node: Tree, field: str) -> Any:
    """Return one field of a node: its name, its taints, or a label (None where it has none)."""
    if field == "name":
        return node["metadata"].get("name", "")
    if field == "taints":
        return [taint_text(one) for one in node.get("spec", {}).get("taints") or ()]
    if field.startswith("labels/"):
        return node["metadata"].get("labels", {}).get(field.removeprefix("labels/"))
    raise ValueError(f"no rule can read {field!r}")


def rules_of(daemonset: Tree) -> list[Rule]:
    """Return the built-in rules of a DaemonSet's template, in the order in which exclusions are accounted for."""
    spec = daemonset["spec"]["template"].get("spec") or {}
    return [*_by_name(spec), *_by_selector(spec), *_by_affinity(spec), *_by_taints(spec)]


def _by_name(spec: Tree) -> Iterable[Rule]:
    if wanted := spec.get("nodeName"):
        text = f"node name {wanted}"
        yield Rule("NodeNameMismatch/1", ("name",), True, lambda node: None if _name(node) == wanted else text)


def _by_selector(spec: Tree) -> Iterable[Rule]:
    wanted = sorted((spec.get("nodeSelector") or {}).items())

    def why(node: Tree) -> str | None:
        failing = (f"{key}={value}" for key, value in wanted if project(node, f"labels/{key}") != value)
        return next(failing, None)

    if wanted:
        yield Rule("NodeSelectorMismatch/1", tuple(f"labels/{key}" for key, _ in wanted), True, why)


def _by_affinity(spec: Tree) -> Iterable[Rule]:
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if affinity is None:
        return
    terms: list[Tree] = affinity.get("nodeSelectorTerms") or []
    keys = {one.get("key", "") for term in terms for one in term.get("matchExpressions") or ()}
    by_name = ("name",) if any(term.get("matchFields") for term in terms) else ()

    def why(node: Tree) -> str | None:
        if not terms:
            return "at least one term"
        found = [_term_fails(term, node) for term in terms]
        return found[0] if all(found) else None

    yield Rule("NodeAffinityMismatch/1", (*by_name, *(f"labels/{key}" for key in sorted(keys))), True, why)


def _term_fails(term: Tree, node: Tree) -> str | None:
    """Return the first requirement of a term that fails, None where it holds (A4, A5, A10, A11)."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    dead = any(map(invalid, expressions)) or any(map(_invalid_field, fields))
    if dead or not (expressions or fields):
        return "a term that can match"
    for one in expressions:
        if not requirement_holds(one, project(node, f"labels/{one['key']}")):
            return requirement_text(one)
    name = _name(node)
    for one in fields if name else ():
        seen = name if one.get("key") == "metadata.name" else ""
        if (seen == one["values"][0]) != (one["operator"] == "In"):
            return requirement_text(one)
    return None


def _invalid_field(one: Tree) -> bool:
    return one.get("operator") not in ("In", "NotIn") or len(one.get("values") or ()) != 1


def _by_taints(spec: Tree) -> Iterable[Rule]:
    tolerations = daemon_tolerations(spec)
    for effect, forbids_staying in (("NoExecute", True), ("NoSchedule", False)):

        def why(node: Tree, effect: str = effect) -> str | None:
            for taint in node.get("spec", {}).get("taints") or ():
                if taint.get("effect") == effect and not is_tolerated(taint, tolerations):
                    return f"toleration of {taint_text(taint)}"
            return None

        yield Rule(f"Untolerated{effect}/1", ("taints",), forbids_staying, why)


def _name(node: Tree) -> str:
    return str(node["metadata"].get("name", ""))


def verdict(rules: Iterable[Rule], node: Tree) -> tuple[str, list[tuple[str, str]]]:
    """Return R, K or D for a node, and (code, summary) of every rule that it fails."""
    letter, reasons = "R", []
    for rule in rules:
        text = rule.why(node)
        if text is not None:
            reasons.append((rule.code, text))
            letter = "D" if rule.forbids_staying or letter == "D" else "K"
    return letter, reasons
