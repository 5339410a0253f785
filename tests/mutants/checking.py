"""Broken variants of the checker, and of what it shares with the engine."""

from __future__ import annotations

from .mutant import Mutant

RULES = "tests/verify/test_rules.py"

CHECKING = (
    Mutant("rates-one-less", "verify/policies/documents.py", "if size > limit:\n", "if size >= limit:\n", RULES),
    Mutant("well-nodes-are-sick", "verify/case.py", "if not _is_ready(node)}", "if _is_ready(node)}", RULES),
    Mutant("hashes-of-the-others", "verify/case.py", "if self.is_about(one[", "if not self.is_about(one[", RULES),
    Mutant(
        "hashes-of-pods-without-a-node",
        "verify/outcome.py",
        "if node_of(pod) is not None}",
        "if node_of(pod) is None}",
        RULES,
    ),
    Mutant(
        "no-generation-is-the-same-generation",
        "observe/shape.py",
        "elif updated_by_other_means and metadata",
        "elif updated_by_other_means or metadata",
        "tests/observe/test_shape.py",
    ),
    Mutant(
        "columns-with-gaps-by-place",
        "eligibility/index.py",
        "dict(zip(values, self._places or self.all, strict=True))",
        "dict(zip(values, self._places and self.all, strict=True))",
        "tests/eligibility/test_index.py",
    ),
    Mutant(
        "the-newest-write-is-the-oldest",
        "reconciler/live_state.py",
        "lost if self.write_seen(daemonset, key))\n            self._oldest = min(",
        "lost if self.write_seen(daemonset, key))\n            self._oldest = max(",
        "tests/reconciler/test_live_state.py",
    ),
    Mutant(
        "learned-once-and-for-all",
        "reconciler/tracker.py",
        "if not self._anchored:\n            # The current hash is learned",
        "if self._anchored:\n            # The current hash is learned",
        "tests/reconciler/test_learning.py",
    ),
    Mutant(
        "an-abridged-template-loses-its-annotations",
        "apiserver/defaulting/templates.py",
        '{**(metadata.get("annotations") or {}), DIGEST_ANNOTATION: text}',
        '{**(metadata.get("annotations") and {}), DIGEST_ANNOTATION: text}',
        "tests/apiserver/test_defaulting_templates.py",
    ),
    Mutant(
        "an-abridged-template-loses-its-metadata",
        "apiserver/defaulting/templates.py",
        'metadata = dict(kept.get("metadata") or {})\n    metadata["annotations"]',
        'metadata = dict(kept.get("metadata") and {})\n    metadata["annotations"]',
        "tests/apiserver/test_defaulting_templates.py",
    ),
    Mutant(
        "any-host-port-will-do",
        "observe/likeness.py",
        "wanted.host_port in (0, port.host_port)",
        "wanted.host_port not in (0, port.host_port)",
        "tests/observe/test_likeness.py",
    ),
    Mutant(
        "two-rivals-adopt-both",
        "observe/ownership.py",
        "if len(rivals[namespace]) > 1 else ()",
        "if len(rivals[namespace]) > 2 else ()",
        "tests/observe/test_likeness.py",
    ),
    Mutant(
        "the-status-judges-doubled-nodes",
        "observe/learning.py",
        "return any(len(worn) > 1 for worn in hashes.values())",
        "return any(len(worn) > 2 for worn in hashes.values())",
        "tests/observe/test_likeness.py",
    ),
    Mutant(
        "a-host-surges-where-its-policy-does-not",
        "passes/governed.py",
        "update_strategy=doubling if surge else",
        "update_strategy=doubling if not surge else",
        "tests/passes/test_governed.py",
    ),
)
