"""State in the cluster: a ConfigMap that is only ever written over the version that was read. That is the fence."""

from __future__ import annotations

from typing import Any

from ..errors import DsplanError, InputError
from ..model.saved_state import load_state, save_state
from ..model.state import State
from .answers import ApiError
from .api import Api, Unanswered
from .kinds import path_of
from .policy_answers import is_answer

__all__ = ["CONTROL", "FenceLost", "StateRefused", "StateStore"]

CONTROL = "control"
"""Key of the ConfigMap in which somebody may write `pause`, `resume` or `abort`."""
_STATE, _WRITER, _CONDITIONS = "state", "writer", "conditions"


class FenceLost(Exception):
    """Somebody else wrote the State: nothing may be written before all is read again."""


class StateRefused(DsplanError):
    """The State that is there cannot be used; a host stops then, and never begins anew."""


class StateStore:
    """Loads and saves the State of one host. `control` is what somebody asked for; empty if nothing.

    `conditions` is text that is written beside the State, for people and their tools; nothing is read from it.
    """

    def __init__(self, api: Api, namespace: str, name: str, writer: str) -> None:
        self._api = api
        self._namespace, self._name = namespace, name
        self._writer = writer
        self._tree: dict[str, Any] = {}
        self._text = ""
        self._taken: dict[str, str] = {}
        self.control = ""
        self.conditions = ""

    @property
    def answers(self) -> dict[str, str]:
        """What somebody wrote about policies and nobody has taken up yet, by key."""
        data = self._tree.get("data") or {}
        return {key: text for key, text in data.items() if is_answer(key) and self._taken.get(key) != text}

    def take(self, answers: dict[str, str]) -> None:
        """Note that these answers are in the State: they go with the next one that is saved, both or neither."""
        self._taken.update(answers)

    async def load(self) -> State:
        """Return the State that is there, an empty one if there is none.

        Raises StateRefused where it cannot be read or a newer dsplan wrote it, ApiError and Unanswered.
        """
        await self._read()
        self._text = str((self._tree.get("data") or {}).get(_STATE) or "")
        if not self._text:
            if self._tree:
                raise StateRefused(
                    f"{self._where}: it has no {_STATE!r}; delete the ConfigMap to begin anew at the canary"
                )
            return State()
        try:
            return load_state(self._text)
        except InputError as error:
            raise StateRefused(f"{self._where}: {error.problems[0].message}") from None

    async def claim(self, state: State) -> None:
        """Write the State that was loaded once more, as one's own: whoever wrote it before cannot save again.

        Raises as `save` does.
        """
        self._text = ""
        await self.save(state)

    async def save(self, state: State) -> None:
        """Write the State over the version that was read. Nothing is sent where it is there already.

        Raises FenceLost where somebody else has written a State, or where it is not known who has; ApiError where the
        server refuses it, Unanswered where the answer was lost and what is there now is not what was to be written.
        """
        text = save_state(state).decode()
        if text == self._text and self._tree and self.is_told and not self._taken:
            await self.look()
            return
        try:
            await self._write(text)
        except Unanswered:
            await self._read()
            if not self._is_mine(text):
                raise
            self._text = text
        except ApiError as error:
            if error.status not in (404, 409):
                raise
            await self._resolve(text)

    @property
    def is_told(self) -> bool:
        """Whether the conditions are there as they are."""
        return not self.conditions or (self._tree.get("data") or {}).get(_CONDITIONS) == self.conditions

    async def look(self) -> None:
        """See whether somebody wrote a wish. Raises FenceLost where somebody wrote a State; ApiError, Unanswered."""
        known = self._text
        await self._read()
        if not self._is_mine(known):
            raise FenceLost(self._where)

    async def _resolve(self, text: str) -> None:
        """After a conflict: a wish that somebody wrote is taken up, another's State ends everything."""
        known = self._text
        await self._read()
        if not self._is_mine(known) or not known:
            raise FenceLost(self._where)
        try:
            await self._write(text)
        except ApiError as error:
            raise FenceLost(f"{self._where}: {error}") from None

    async def _write(self, text: str) -> None:
        there = self._tree.get("data") or {}
        left = {key: value for key, value in there.items() if not is_answer(key) or self._taken.get(key) != value}
        data = {**left, _STATE: text, _WRITER: self._writer}
        if self.conditions:
            data[_CONDITIONS] = self.conditions
        if self._tree:
            path = path_of("ConfigMap", self._namespace, self._name)
            self._tree = await self._api.write("PUT", path, {**self._tree, "data": data})
        else:
            metadata = {
                "name": self._name,
                "namespace": self._namespace,
                "labels": {"app.kubernetes.io/name": "dsplan"},
            }
            tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
            self._tree = await self._api.write("POST", path_of("ConfigMap", self._namespace), tree)
        self._text = text
        self._taken = {}
        self._heed()

    async def _read(self) -> None:
        try:
            self._tree = await self._api.get(path_of("ConfigMap", self._namespace, self._name))
        except ApiError as error:
            if error.status != 404:
                raise
            self._tree = {}
        self._heed()

    def _heed(self) -> None:
        self.control = str((self._tree.get("data") or {}).get(CONTROL) or "")

    def _is_mine(self, text: str) -> bool:
        """Return whether what was just read is what this host wrote, or nothing where it wrote nothing."""
        data = self._tree.get("data") or {}
        return bool(data.get(_STATE, "") == text and (not text or data.get(_WRITER) == self._writer))

    @property
    def _where(self) -> str:
        return f"ConfigMap {self._namespace}/{self._name}"
