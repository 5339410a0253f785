"""--state and --gate: what was remembered from the last call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..model.state import State
    from ..model.world import World

__all__ = ["remembering", "state_options"]

F = TypeVar("F", bound=Callable[..., Any])


def state_options(function: F) -> F:
    """Add --state and --gate."""
    for decorator in (
        click.option(
            "--gate",
            "gates",
            multiple=True,
            metavar="[NAMESPACE/]POLICY=pass|fail|resume|pause",
            help="Answer the gate where a RolloutPolicy waits, or stop, resume or pause its roll-outs; repeatable.",
        ),
        click.option(
            "--state",
            "state",
            metavar="PLAN.json",
            help="Resume from this plan (or State): the progress of policies, back-offs, what is in flight.",
        ),
    ):
        function = decorator(function)
    return function


def remembering(world: World, path: str | None, gates: Sequence[str]) -> World:
    """Return the world with the State of a file and the results of gates."""
    import msgspec

    if path is not None:
        world = msgspec.structs.replace(world, state=_without_hashes_of(world, _state_of(path)))
    state = world.state
    for text in gates:
        state = _with_gate(state, text)
    return msgspec.structs.replace(world, state=state) if gates else world


def _without_hashes_of(world: World, state: State) -> State:
    """Return the State without the hashes of templates that a manifest has replaced."""
    import msgspec

    changed = {entry.identity for entry in world.stored}
    kept = tuple(entry for entry in state.hashes if entry.daemonset not in changed)
    return msgspec.structs.replace(state, hashes=kept)


def _state_of(path: str) -> State:
    import msgspec

    from ..document.encoding import is_plan, read_plan
    from ..errors import InputError, Problem
    from ..model.state import State
    from ..reading.sources import read_whole

    data = read_whole(path)
    try:
        if is_plan(data):
            return msgspec.convert(read_plan(data, path).state, State)
        return msgspec.json.decode(data, type=State)
    except msgspec.DecodeError as error:
        problem = Problem(reason="Unreadable", message=f"neither a plan nor a State: {error}", source=path)
        raise InputError.of([problem]) from None


def _with_gate(state: State, text: str) -> State:
    from ..errors import DsplanError, InputError, Problem
    from ..policies.answers import ANSWERS, answered

    name, _, answer = text.partition("=")
    known = [str(entry.policy) for entry in state.rollouts]
    found = [entry for entry in known if entry == name or entry.endswith(f"/{name}")]
    if answer not in ANSWERS or len(found) != 1:
        message = f"expected POLICY={'|'.join(ANSWERS)}, of a policy that the State knows"
        raise InputError.of([Problem(reason="FieldValueInvalid", message=message, value=text, accepted=tuple(known))])
    try:
        return answered(state, found[0], answer)
    except DsplanError as error:
        raise InputError.of([Problem(reason="FieldValueInvalid", message=str(error), value=text)]) from None
