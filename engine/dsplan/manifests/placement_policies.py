"""PlacementPolicy documents: strict decoding, everything that is wrong at once, and the JSON schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dsplan.apiserver.strict import decode_strict
from dsplan.errors import Problem
from dsplan.model.json_schema import json_schema
from dsplan.model.meta import RawTree
from dsplan.model.names import is_dns_label, is_dns_subdomain
from dsplan.model.placement_policy import Claim, PlacementPolicy, PlacementPolicySpec, Variants
from dsplan.model.selectors import LabelSelector, selector_problem

__all__ = ["decode_placement_policy", "placement_policy_schema"]


def decode_placement_policy(tree: RawTree) -> PlacementPolicy:
    """Return the policy of a raw document.

    Raises InputError with every unknown field (and what it might have meant), wrong type and value that makes no sense.

    >>> from dsplan.errors import InputError
    >>> try:
    ...     decode_placement_policy({"kind": "PlacementPolicy", "metadata": {"name": "p"},
    ...                              "spec": {"apart": [{"daemonSets": ["a"]}], "claims": [{}]}})
    ... except InputError as error:
    ...     print(*map(str, error.problems), sep="; ")
    spec.apart[0].daemonSets: needs at least two DaemonSets, seen: ['a']; spec.claims[0]: needs exactly one of run, \
neverRun, maxDeletions
    """
    return decode_strict(tree, PlacementPolicy, _problems)


def placement_policy_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of the document, made from its types."""
    return json_schema(PlacementPolicy, "PlacementPolicy", hand_written=True)


def _problems(policy: PlacementPolicy) -> Iterator[Problem]:
    if not is_dns_subdomain(policy.metadata.name):
        yield _invalid("metadata.name", "must be a lowercase RFC 1123 subdomain", policy.metadata.name)
    if not is_dns_label(policy.metadata.namespace):
        yield _invalid("metadata.namespace", "must be a lowercase RFC 1123 label", policy.metadata.namespace)
    yield from _relation_problems(policy.spec)
    for index, group in enumerate(policy.spec.variants):
        yield from _variant_problems(f"spec.variants[{index}]", group)
    for index, claim in enumerate(policy.spec.claims):
        yield from _claim_problems(f"spec.claims[{index}]", claim)


def _relation_problems(spec: PlacementPolicySpec) -> Iterator[Problem]:
    for index, entry in enumerate(spec.requires):
        field = f"spec.requires[{index}]"
        yield from _name_problems(f"{field}.daemonSet", (entry.daemon_set,), least=1)
        yield from _name_problems(f"{field}.needs", entry.needs, least=1)
        if entry.daemon_set in entry.needs:
            yield _invalid(f"{field}.needs", "a DaemonSet cannot require itself", entry.daemon_set)
    for index, group in enumerate(spec.per_node):
        yield from _name_problems(f"spec.perNode[{index}].daemonSets", group.daemon_sets, least=1)
        yield from _selector_problems(f"spec.perNode[{index}].nodes", group.nodes)
    for index, apart in enumerate(spec.apart):
        yield from _name_problems(f"spec.apart[{index}].daemonSets", apart.daemon_sets, least=2)
    for index, suspended in enumerate(spec.suspend):
        yield from _name_problems(f"spec.suspend[{index}].daemonSet", (suspended.daemon_set,), least=1)
        yield from _selector_problems(f"spec.suspend[{index}].nodes", suspended.nodes)


def _variant_problems(field: str, group: Variants) -> Iterator[Problem]:
    if not is_dns_subdomain(group.name):
        yield _invalid(f"{field}.name", "must be a lowercase RFC 1123 subdomain", group.name)
    yield from _name_problems(f"{field}.of", tuple(variant.daemon_set for variant in group.of), least=2)
    for index, variant in enumerate(group.of):
        yield from _selector_problems(f"{field}.of[{index}].nodes", variant.nodes)


def _claim_problems(field: str, claim: Claim) -> Iterator[Problem]:
    given = [bool(claim.run), bool(claim.never_run), claim.max_deletions is not None]
    if sum(given) != 1:
        message = "needs exactly one of run, neverRun, maxDeletions"
        yield Problem(reason="FieldValueInvalid", field=field, message=message)
    if claim.max_deletions is not None and claim.max_deletions < 0:
        yield _invalid(f"{field}.maxDeletions", "must be >= 0", claim.max_deletions)
    if claim.max_deletions is not None and claim.nodes is not None:
        message = "deletions are counted over all nodes"
        yield Problem(reason="FieldValueForbidden", field=f"{field}.nodes", message=message)
    for name, listed in (("run", claim.run), ("neverRun", claim.never_run)):
        yield from _name_problems(f"{field}.{name}", listed, least=0)
    yield from _selector_problems(f"{field}.nodes", claim.nodes)


def _name_problems(field: str, names: Iterable[str], *, least: int) -> Iterator[Problem]:
    listed = list(names)
    if len(listed) < least:
        many = "at least two DaemonSets" if least > 1 else "at least one DaemonSet"
        yield _invalid(field, f"needs {many}", listed)
    if len(set(listed)) < len(listed):
        yield Problem(reason="FieldValueDuplicate", field=field, message="names a DaemonSet twice", value=listed)
    for name in listed:
        namespace, slash, rest = name.rpartition("/")
        if not is_dns_subdomain(rest) or (slash and not is_dns_label(namespace)):
            yield _invalid(field, "must be namespace/name or name", name)


def _selector_problems(field: str, selector: LabelSelector | None) -> Iterator[Problem]:
    if why := selector_problem(selector):
        yield Problem(reason="FieldValueInvalid", field=field, message=why)


def _invalid(field: str, message: str, value: Any) -> Problem:
    return Problem(reason="FieldValueInvalid", field=field, message=message, value=value)
