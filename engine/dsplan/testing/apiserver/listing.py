"""Lists: pages, and what a resourceVersion means to them."""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from .kinds import Kind
from .selectors import selector_of
from .store import Item, Store
from .wire import Answer, Refusal, Request, bad_request, json_answer, status

__all__ = ["check_version_options", "list_objects", "newer_than_now", "refused_options"]

_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_TOO_OLD = "The resourceVersion for the provided list is too old."
_MATCHES = ("", "Exact", "NotOlderThan")


class _Token(msgspec.Struct, rename={"version": "rv"}):
    v: str = "meta.k8s.io/v1"
    version: int = 0
    start: str = ""


def list_objects(store: Store, kind: Kind, namespace: str, request: Request) -> Answer:
    """Return the answer to a list."""
    query = request.query
    wanted = selector_of(kind, query)
    check_version_options(query)
    limit = _limit(query)
    selects = bool(query.get("labelSelector") or query.get("fieldSelector"))
    version, start = _position(store, query)
    if query.get("resourceVersion") == "0":
        limit = 0
    found = [
        item
        for item in store.items(kind, namespace, version)
        if (not start or _path(kind, item) >= start) and wanted(item.tree)
    ]
    return json_answer(_body(kind, found, limit, version, selects=selects))


def _body(kind: Kind, found: list[Item], limit: int, version: int, *, selects: bool) -> bytes:
    page = found[:limit] if limit else found
    metadata: dict[str, str | int] = {"resourceVersion": str(version)}
    if len(page) < len(found):
        token = _Token(version=version, start=_path(kind, page[-1]) + "\0")
        metadata["continue"] = _encoded(token)
        if not selects:
            metadata["remainingItemCount"] = len(found) - len(page)
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    items = b",".join(item.encoded for item in page)
    return msgspec.json.encode(head)[:-1] + b',"items":[' + items + b"]}"


def _path(kind: Kind, item: Item) -> str:
    metadata = item.tree["metadata"]
    return f"/{metadata['namespace']}/{metadata['name']}" if kind.namespaced else f"/{metadata['name']}"


def _limit(query: dict[str, str]) -> int:
    text = query.get("limit", "0") or "0"
    if not re.fullmatch(r"[+-]?\d+", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return max(0, int(text))


def _position(store: Store, query: dict[str, str]) -> tuple[int, str]:
    """Return as of which version to list, and from which path on."""
    text, wanted = query.get("continue", ""), query.get("resourceVersion", "")
    if text:
        if wanted and wanted != "0":
            raise bad_request("specifying resource version is not allowed when using continue")
        return _resumed(store, _decoded(text))
    version = int(wanted or 0)
    if version > store.version:
        raise newer_than_now(store, version)
    if query.get("resourceVersionMatch") == "Exact":
        if version < store.compacted:
            raise Refusal(json_answer(status(410, "Expired", _TOO_OLD), 410))
        return version, ""
    return store.version, ""


def _resumed(store: Store, token: _Token) -> tuple[int, str]:
    start = token.start if token.start.startswith("/") else f"/{token.start}"
    if token.version < 0:
        return store.version, start
    if token.version < store.compacted:
        onward = _encoded(_Token(version=-1, start=token.start.removeprefix("/")))
        raise Refusal(json_answer(status(410, "Expired", _EXPIRED, continues=onward), 410))
    return token.version, start


def _encoded(token: _Token) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _decoded(text: str) -> _Token:
    try:
        padded = text + "=" * (-len(text) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Token)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        why = "illegal base64 data at input byte 4"
        raise bad_request(f"invalid continue token: continue key is not valid: {why}") from None


def newer_than_now(store: Store, version: int) -> Refusal:
    """504: the version has not been reached; a real server says so after three seconds."""
    message = f"Timeout: Too large resource version: {version}, current: {store.version}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details = {"causes": [cause], "retryAfterSeconds": 1}
    return Refusal(json_answer(status(504, "Timeout", message, details), 504, {"Retry-After": "1"}))


def check_version_options(query: dict[str, str]) -> None:
    """Refuse what a list may not ask. Raises Refusal."""
    version, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    causes: list[tuple[str, str, str]] = []
    if match and not version:
        causes.append(
            _forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
        )
    if match not in _MATCHES:
        causes.append(unsupported_match(match, '"Exact", "NotOlderThan", ""'))
    if match == "Exact" and version == "0":
        causes.append(
            _forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
        )
    if query.get("sendInitialEvents"):
        causes.append(_forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if causes:
        raise refused_options(causes)
    if version and not version.isdigit():
        why = f'strconv.ParseUint: parsing "{version}": invalid syntax'
        raise bad_request(f'invalid resource version: resourceVersion: Invalid value: "{version}": {why}')


def unsupported_match(match: str, accepted: str) -> tuple[str, str, str]:
    """Return the cause for a resourceVersionMatch that is not known here."""
    message = f'Unsupported value: "{match}": supported values: {accepted}'
    return "resourceVersionMatch", "FieldValueNotSupported", message


def _forbidden(field: str, message: str) -> tuple[str, str, str]:
    return field, "FieldValueForbidden", f"Forbidden: {message}"


def refused_options(causes: list[tuple[str, str, str]]) -> Refusal:
    """422 on ListOptions."""
    told = [f"{field}: {message}" for field, _, message in causes]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details = {
        "group": "meta.k8s.io",
        "kind": "ListOptions",
        "causes": [{"reason": reason, "message": message, "field": field} for field, reason, message in causes],
    }
    return Refusal(json_answer(status(422, "Invalid", f'ListOptions.meta.k8s.io "" is invalid: {text}', details), 422))
