"""The built-in rules by what they are about; `RULES` is also the entry point that dsplan itself installs.

In: a scene. Out: spots. Promises: ids never change and are never used again; each rule has its reason and its source.
"""

from ..rule import Rule
from . import disruption, fields, images, placement, resources, rollout, security, selection, taints, updates

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *selection.RULES,
            *placement.RULES,
            *disruption.RULES,
            *rollout.RULES,
            *images.RULES,
            *taints.RULES,
            *fields.RULES,
            *resources.RULES,
            *updates.RULES,
            *security.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
