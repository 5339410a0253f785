"""`dsplan rollout approve | pause | resume | abort`: what somebody says to a roll-out that runs elsewhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from .sinks import say, tell

if TYPE_CHECKING:
    from ..host import Api
    from ..host.live import LiveClient
    from ..model.state import State

__all__ = ["commands"]

_HELP = {
    "approve": "Pass the manual gate where a policy waits; it counts for that revision and step alone.",
    "pause": "Begin nothing more, of one policy or of all; what is on its way ends.",
    "resume": "Go on, with one policy or with all.",
    "abort": "Stop what one policy has under way until somebody resumes it; without one, end the whole roll-out.",
}
_ANSWERS = {"approve": "pass", "pause": "pause", "resume": "resume", "abort": "fail"}
_CONTROL = {"pause": "pause", "resume": None, "abort": "abort"}


def commands() -> list[click.Command]:
    """Return the four commands."""
    return [_command(word) for word in _HELP]


def _command(word: str) -> click.Command:
    @click.argument("policy", required=word == "approve")
    @click.option("--context", metavar="NAME", help="The kubeconfig's context; --yes needs it.")
    @click.option("--kubeconfig", metavar="FILE", help="The kubeconfig of the cluster.")
    @click.option("-n", "--namespace", default="default", show_default=True, help="Where the State is kept.")
    @click.option("--name", default="dsplan", show_default=True, help="The name of the State's ConfigMap.")
    @click.option("--note", default="", help="Why; it is kept in the State.")
    @click.option("-y", "--yes", is_flag=True, help="Do not ask.")
    def answer(policy: str | None, context: str | None, kubeconfig: str | None, yes: bool, **where: str) -> None:
        if yes and context is None:
            raise click.UsageError("--yes needs --context: what nobody is asked about is named")
        asyncio.run(_within(word, policy, context, kubeconfig, asks=not yes, **where))

    return click.command(name=word, help=_HELP[word])(answer)


async def _within(
    word: str, policy: str | None, context: str | None, kubeconfig: str | None, *, asks: bool, **where: str
) -> None:
    from ..errors import DsplanError
    from ..host import ApiError, Host, HostOptions, Unanswered
    from ..host.live import open_client

    options = HostOptions(identity="answer", namespace=where["namespace"], name=where["name"])
    async with open_client(kubeconfig, context) as client:
        api = Host(client, options).api
        try:
            data, told = await _said(api, options.namespace, options.name, word, policy, where["note"])
            _confirm(client, f"{word} {told}", asks=asks)
            await _write(api, options.namespace, options.name, data)
        except (ApiError, Unanswered) as error:
            raise DsplanError(f"{client.server}: {error}") from None
    say(f"{word}: written; the roll-out takes it up before its next write\n")


async def _said(
    api: Api, namespace: str, name: str, word: str, policy: str | None, note: str
) -> tuple[dict[str, Any], str]:
    """Return what is to be written, and what it is about. Raises DsplanError where it would not count."""
    import msgspec

    from ..host import CONTROL
    from ..host.policy_answers import PolicyAnswer, key_of, with_answer
    from ..host.world import read_state
    from ..policies.answers import asked_of

    state = await read_state(api, namespace, name)
    if policy is None:
        return {CONTROL: _CONTROL[word]}, f"everything that {namespace}/{name} rolls out"
    whole = _policy_of(state, policy)
    asked = asked_of(state, whole) if word == "approve" else ()
    said = PolicyAnswer(_ANSWERS[word], asked, note)
    with_answer(state, whole, said)
    return {key_of(whole): msgspec.json.encode(said).decode()}, f"policy {whole} {'; '.join(asked)}".rstrip()


def _policy_of(state: State, policy: str) -> str:
    """Return namespace/name of a policy that the State knows."""
    from ..errors import InputError, Problem

    known = [str(entry.policy) for entry in state.rollouts]
    found = [entry for entry in known if policy in (entry, entry.partition("/")[2])]
    if len(found) == 1:
        return found[0]
    message = "several policies have this name" if found else "no such policy is rolling out"
    reason = "Ambiguous" if found else "NotFound"
    raise InputError.of([Problem(reason=reason, message=message, object=policy, accepted=tuple(found or known))])


def _confirm(client: LiveClient, what: str, *, asks: bool) -> None:
    tell(f"context {client.context}, server {client.server}: {what}")
    if asks:
        click.confirm("Write it?", abort=True, err=True)


async def _write(api: Api, namespace: str, name: str, data: dict[str, Any]) -> None:
    from ..host.api import MERGE
    from ..host.kinds import path_of

    await api.write("PATCH", path_of("ConfigMap", namespace, name), {"data": data}, MERGE)
