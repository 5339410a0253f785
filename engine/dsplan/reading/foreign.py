"""Input that is no cluster and no manifest: what it is, and the command that gives what is needed. One row a thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from dsplan.errors import shorten
from dsplan.model.regex import regex
from dsplan.reading.resources import HOW_TO_GET_ALL

__all__ = ["TEMPLATE_HINT", "document_is", "object_is", "text_is", "unrendered"]

_Tree: TypeAlias = dict[str, Any]

_AS_TABLE: Final = "has the columns that kubectl prints, not the objects: "
_WITHOUT_SPEC: Final = "has names and labels alone, without spec and status: "


def _status(tree: _Tree) -> str:
    reason = f" ({tree['reason']})" if isinstance(tree.get("reason"), str) else ""
    message = tree.get("message")
    said = f": {shorten(message, 200)}" if isinstance(message, str) and message else ""
    return f"a Status, the API server's answer to a request that failed or changed something{reason}{said}; "


_KINDS: Final[tuple[tuple[str, str, str | Callable[[_Tree], str]], ...]] = (
    ("", "Status", _status),
    ("meta.k8s.io", "Status", _status),
    ("meta.k8s.io", "Table", f"a Table; it {_AS_TABLE}"),
    ("meta.k8s.io", "PartialObjectMetadata", f"a PartialObjectMetadata; it {_WITHOUT_SPEC}"),
    ("", "Config", "a kubeconfig; its cluster is read with --live --kubeconfig FILE; or, "),
)
"""(group, kind, what it is); behind it stands how to get what is needed."""

_RENDER: Final = "render it first: "
_KUSTOMIZE: Final = f"a kustomization, not its output; {_RENDER}kubectl kustomize DIR | dsplan ... -"
_HELM_RENDER: Final = f"{_RENDER}helm template NAME CHART | dsplan ... -"
_RENDERED: Final = (
    ("kustomize.config.k8s.io", "Kustomization", _KUSTOMIZE),
    ("kustomize.config.k8s.io", "Component", _KUSTOMIZE),
)


def object_is(group: str, kind: str, tree: Callable[[], _Tree]) -> str:
    """Return what an object that is none of a cluster is, and what to do; empty for all others.

    >>> object_is("meta.k8s.io", "Table", dict)[:8]
    'a Table;'
    """
    for row_group, row_kind, text in _RENDERED:
        if (group, kind) == (row_group, row_kind):
            return text
    for row_group, row_kind, row_text in _KINDS:
        if (group, kind) == (row_group, row_kind):
            return (row_text if isinstance(row_text, str) else row_text(tree())) + HOW_TO_GET_ALL
    return ""


def _chart(name: str, tree: _Tree) -> bool:
    return tree.get("apiVersion") in ("v1", "v2") and {"name", "version"} <= tree.keys() and "metadata" not in tree


def _values(name: str, tree: _Tree) -> bool:
    return regex(r"(?:.*[-_.])?values(?:[-_.].*)?\.ya?ml").fullmatch(name) is not None and "apiVersion" not in tree


def _package(name: str, tree: _Tree) -> bool:
    return name in ("package.json", "package-lock.json", "composer.json", "tsconfig.json") or (
        {"name", "version"} <= tree.keys() and not {"dependencies", "devDependencies", "scripts"}.isdisjoint(tree)
    )


def _kustomization(name: str, tree: _Tree) -> bool:
    return name.startswith("kustomization") and "kind" not in tree


def _terraform(name: str, tree: _Tree) -> bool:
    return "terraform_version" in tree


def _compose(name: str, tree: _Tree) -> bool:
    return name.startswith(("docker-compose", "compose.")) or ("services" in tree and "version" in tree)


_DOCUMENTS: Final[tuple[tuple[Callable[[str, _Tree], bool], str], ...]] = (
    (_chart, f"the description of a Helm chart (Chart.yaml), not its output; {_HELM_RENDER}"),
    (_values, f"values for a Helm chart, not its output; {_HELM_RENDER}"),
    (_package, "a file of a JavaScript or PHP package, not a manifest"),
    (_kustomization, _KUSTOMIZE),
    (_terraform, f"a state or plan of Terraform, not of Kubernetes; {HOW_TO_GET_ALL}"),
    (_compose, "a Compose file; dsplan reads Kubernetes manifests"),
)


def document_is(path: str, tree: Any) -> str:
    """Return what a document without kind is, by the name of its file and its fields; empty if no row knows it.

    >>> document_is("chart/values.yaml", {"image": "x"})[:23]
    'values for a Helm chart'
    """
    name = path.replace("\\", "/").rpartition("/")[2].rpartition(":")[2][-_LONGEST_NAME:].lower()
    if isinstance(tree, dict):
        for test, text in _DOCUMENTS:
            if test(name, tree):
                return text
    return ""


TEMPLATE_HINT: Final = "is this a template that was not rendered?"
"""What is said of a key that is itself an object: in YAML, `{{ x }}` is one."""
_LONGEST_NAME: Final = 255
_TEMPLATE: Final = regex(r"\{\{-?[^\n{}]*\}\}|\{\{[-~]?\s|\{%-?\s", re.MULTILINE)
_HCL: Final = r'^[ \t]*(?:resource|data|module|provider|variable|output|terraform|locals)(?:\s+"[^"\n]*"){0,2}\s*\{'
_DESCRIBED: Final = (
    r"^Name:[ \t]+\S.*\n(?:.*\n){0,40}?(?:Labels|Annotations|Selector|Roles|Node-Selector|Namespace):[ \t]"
)
_COLUMNS: Final = r"^(?:NAMESPACE[ \t]{2,})?NAME[ \t]{2,}[A-Z][A-Z-]+(?:[ \t(]|$)"
_KUBECTL_SAYS: Final = (
    r"^(?:Error from server|error: |Unable to connect to the server|The connection to the server|No resources found)"
)
_TEXTS: Final = (
    (regex(_HCL, re.MULTILINE), f"Terraform code; dsplan reads Kubernetes objects: {HOW_TO_GET_ALL}"),
    (regex(_DESCRIBED, re.MULTILINE), f"text that `kubectl describe` prints for people; {HOW_TO_GET_ALL}"),
    (
        regex(_COLUMNS, re.MULTILINE),
        f"a table that kubectl prints for people (without -o or with -o wide); {HOW_TO_GET_ALL}",
    ),
    (regex(_KUBECTL_SAYS, re.MULTILINE), f"a message of kubectl, not a cluster; {HOW_TO_GET_ALL}"),
    (regex(r"\A\s*<(?:!doctype|html|\?xml)", re.IGNORECASE), f"a web page or XML, not a manifest; {HOW_TO_GET_ALL}"),
    (
        regex(r"\A\s*(?:NAME|CHART|RELEASE)[ \t]*:.*\n(?:.*\n){0,12}?(?:STATUS|NOTES):"),
        "what helm says of a release; its objects: helm get manifest NAME | dsplan ... -",
    ),
)
"""(what such a text has in it, what it is and what to do)."""
_LOOKED_AT: Final = 1 << 16


def text_is(text: str) -> str:
    """Return what a text without any object in it is, and what to do; empty if no row knows it.

    >>> text_is("NAME   STATUS   ROLES\\nn1     Ready    <none>\\n")[:14]
    'a table that k'
    """
    head = text[:_LOOKED_AT]
    return next((what for pattern, what in _TEXTS if pattern.search(head)), "")


def unrendered(text: str) -> tuple[int, str] | None:
    """Return where a template that was not rendered has its first action, and what to do; None if there is none.

    >>> unrendered("a: 1\\nb: {{ .Values.x }}\\n")
    (8, 'this looks like an unrendered Helm template; run `helm template` first')
    """
    found = _TEMPLATE.search(text)
    if found is None:
        return None
    if found[0].startswith("{%"):
        return found.start(), "this looks like an unrendered Jinja template; render it first"
    return found.start(), "this looks like an unrendered Helm template; run `helm template` first"
