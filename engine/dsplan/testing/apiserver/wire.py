"""Requests and answers of the stand-in, and how it says no: the same Status bodies that a kube-apiserver sends."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ...model.meta import RawTree
from .kinds import Kind

__all__ = [
    "Answer",
    "Refusal",
    "Request",
    "already_exists",
    "bad_request",
    "conflict",
    "forbidden",
    "invalid",
    "json_answer",
    "not_found",
    "not_supported",
    "status",
    "text_answer",
]


class Request(msgspec.Struct, frozen=True):
    """One request; names of headers are in lower case."""

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Request:
        """Return the request for a target as it stands in the request line.

        >>> Request.of("GET", "/api/v1/nodes?limit=5", {}).query
        {'limit': '5'}
        """
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, unquote(parts.path), query, lower, body)


class Answer(msgspec.Struct, frozen=True):
    """A complete answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Refusal(Exception):
    """A request that is answered by an error; `answer` is what to send."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.body)
        self.answer = answer


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer with a JSON body; bytes are taken to be JSON already."""
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, encoded)


def text_answer(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer in plain text."""
    return Answer(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, text.encode())


def status(
    code: int, reason: str, message: str, details: RawTree | None = None, *, continues: str = "", success: bool = False
) -> RawTree:
    """Return a Status object."""
    tree: RawTree = {"kind": "Status", "apiVersion": "v1", "metadata": {"continue": continues} if continues else {}}
    tree["status"] = "Success" if success else "Failure"
    tree |= {key: value for key, value in (("message", message), ("reason", reason)) if value}
    if details is not None:
        tree["details"] = details
    return tree | ({"code": code} if code else {})


def _refusal(code: int, reason: str, message: str, details: RawTree | None = None, **headers: str) -> Refusal:
    return Refusal(json_answer(status(code, reason, message, details), code, headers))


def _details(kind: Kind, name: str = "", *, by_kind: bool = False) -> RawTree:
    found: RawTree = {"name": name} if name else {}
    if kind.group:
        found["group"] = kind.group
    return {**found, "kind": kind.kind if by_kind else kind.plural}


def bad_request(message: str) -> Refusal:
    """400."""
    return _refusal(400, "BadRequest", message)


def not_found(kind: Kind, name: str) -> Refusal:
    """404 for an object."""
    return _refusal(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def already_exists(kind: Kind, name: str) -> Refusal:
    """409 for a name that is taken."""
    return _refusal(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(kind: Kind, name: str, why: str = _MODIFIED, *, by_kind: bool = False) -> Refusal:
    """409 for an object that is another version; deletions name the kind and not the resource."""
    what = (kind.kind + (f".{kind.group}" if kind.group else "")) if by_kind else kind.resource
    message = f'Operation cannot be fulfilled on {what} "{name}": {why}'
    return _refusal(409, "Conflict", message, _details(kind, name, by_kind=by_kind))


def forbidden(message: str, details: RawTree) -> Refusal:
    """403."""
    return _refusal(403, "Forbidden", message, details)


def invalid(kind: Kind, name: str, *causes: tuple[str, str, str]) -> Refusal:
    """422; a cause is field, reason and message."""
    told = [f"{field}: {message}" for field, _, message in causes]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    title = kind.kind + (f".{kind.group}" if kind.group else "")
    details = _details(kind, name, by_kind=True)
    details["causes"] = [{"reason": reason, "message": message, "field": field} for field, reason, message in causes]
    return _refusal(422, "Invalid", f'{title} "{name}" is invalid: {text}', details)


def not_supported(what: str) -> Refusal:
    """501: nothing that dsplan sends; a test that gets this must fail."""
    return _refusal(501, "NotImplemented", f"the stand-in does not do this: {what}")
