"""What somebody outside says about the roll-outs of a policy, as keys of the ConfigMap beside the State."""

from __future__ import annotations

import msgspec

from ..errors import DsplanError
from ..model.state import State
from ..policies.answers import ANSWERS, answered, asked_of

__all__ = ["PolicyAnswer", "is_answer", "key_of", "policy_of", "read_answer", "with_answer"]

_PREFIX = "answer."


class PolicyAnswer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of `dsplan.policies.answers.ANSWERS`; `asked` is what a `pass` approves, and it lapses with that."""

    answer: str
    asked: tuple[str, ...] = ()
    note: str = ""


def is_answer(key: str) -> bool:
    """Return whether a key of the ConfigMap is an answer."""
    return key.startswith(_PREFIX)


def key_of(policy: str) -> str:
    """Return the key for a policy (`namespace/name`).

    >>> key_of("ops/agents.v2"), policy_of(key_of("ops/agents.v2"))
    ('answer.ops.agents.v2', 'ops/agents.v2')
    """
    return _PREFIX + policy.replace("/", ".", 1)


def policy_of(key: str) -> str:
    """Return the policy of a key; a namespace has no dots."""
    return key.removeprefix(_PREFIX).replace(".", "/", 1)


def read_answer(text: str) -> PolicyAnswer:
    """Return an answer as it was written. Raises DsplanError where it is none."""
    try:
        found = msgspec.json.decode(text, type=PolicyAnswer)
    except msgspec.DecodeError as error:
        raise DsplanError(f"an answer that cannot be read: {error}") from None
    if found.answer not in ANSWERS:
        raise DsplanError(f"an unknown answer; choose from {', '.join(ANSWERS)}")
    return found


def with_answer(state: State, policy: str, said: PolicyAnswer) -> State:
    """Return the State with an answer. Raises DsplanError where it has lapsed, and as `answered` does."""
    now = asked_of(state, policy)
    if said.answer == "pass" and said.asked != now:
        was, waits = "; ".join(said.asked) or "nothing", "; ".join(now) or "nothing"
        raise DsplanError(f"policy {policy}: what was approved is {was}, what waits now is {waits}")
    return answered(state, policy, said.answer, note=said.note)
