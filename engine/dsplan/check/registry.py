"""The rules there are, and which of them run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import ConstraintFault, InputError, Problem
from .rule import Rule
from .rules import RULES
from .settings import Settings

__all__ = ["BUILTIN_RULES", "chosen_rules", "rules_of"]

BUILTIN_RULES: tuple[Rule, ...] = RULES


def rules_of(plugins: Iterable[tuple[str, Any]], known: Iterable[Rule] = BUILTIN_RULES) -> tuple[Rule, ...]:
    """Return the known rules and those of plug-ins, sorted by id. A plug-in is a name with a rule, or several.

    Raises ConstraintFault where a plug-in is something else, or has an id that is there already.

    >>> len(rules_of([])) == len(BUILTIN_RULES)
    True
    """
    found = {each.id: each for each in known}
    for name, plugin in plugins:
        rules = (plugin,) if isinstance(plugin, Rule) else plugin
        if isinstance(rules, str | bytes) or not isinstance(rules, Iterable):
            raise ConstraintFault(f"entry point {name!r} of dsplan.checks must be a Rule or a list of them")
        for each in rules:
            if not isinstance(each, Rule):
                raise ConstraintFault(f"entry point {name!r} of dsplan.checks has a {type(each).__name__}, not a Rule")
            if found.setdefault(each.id, each) is not each:
                raise ConstraintFault(f"entry point {name!r} of dsplan.checks: the rule id {each.id} is taken")
    return tuple(each for _, each in sorted(found.items()))


def chosen_rules(rules: Sequence[Rule], settings: Settings) -> tuple[Rule, ...]:
    """Return the rules that run.

    Raises InputError for an id, prefix or name that no rule has.

    >>> [each.id for each in chosen_rules(BUILTIN_RULES, Settings(select=("DSP109",)))]
    ['DSP109']
    """
    patterns = (*settings.select, *settings.ignore, *settings.severity)
    unknown = [pattern for pattern in dict.fromkeys(patterns) if not any(_is_meant(each, pattern) for each in rules)]
    if unknown:
        raise InputError.of([_unknown(pattern, rules) for pattern in unknown])
    return tuple(each for each in rules if _is_selected(each, settings.select) and not _any(each, settings.ignore))


def _is_selected(rule: Rule, select: Sequence[str]) -> bool:
    if not select:
        return rule.enabled
    if not rule.enabled:
        return any(pattern in (rule.id, rule.name) for pattern in select)
    return _any(rule, select)


def _any(rule: Rule, patterns: Iterable[str]) -> bool:
    return any(_is_meant(rule, pattern) for pattern in patterns)


def _is_meant(rule: Rule, pattern: str) -> bool:
    return bool(pattern) and (pattern == rule.name or rule.id.startswith(pattern))


def _unknown(pattern: str, rules: Sequence[Rule]) -> Problem:
    close = difflib.get_close_matches(pattern, [*(each.id for each in rules), *(each.name for each in rules)], 2)
    hint = f"; did you mean {' or '.join(close)}?" if close else "; `dsplan check --list` shows all rules"
    return Problem(reason="NotFound", message=f"no rule has the id, prefix or name {pattern!r}{hint}")
