"""Where a comment goes: the pull request of a GitHub job or the merge request of a GitLab job, and its API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from ..errors import DsplanError, printable

__all__ = ["Place", "call", "place_of"]

_SECONDS = 30
_MOST_BYTES = 50_000_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The comments of one request: where they are listed and made, where one is updated, and who we are."""

    list_url: str
    update_url: str
    update_verb: str
    headers: dict[str, str]


def place_of(environment: Mapping[str, str], event: Mapping[str, Any]) -> Place | None:
    """Return the place that a job's environment names; None outside of a request.

    Raises DsplanError where there is a request and no token.

    >>> place_of({}, {}) is None
    True
    """
    if environment.get("GITHUB_REPOSITORY"):
        return _on_github(environment, event)
    if environment.get("CI_MERGE_REQUEST_IID"):
        return _on_gitlab(environment)
    return None


def _on_github(environment: Mapping[str, str], event: Mapping[str, Any]) -> Place | None:
    request = event.get("pull_request")
    number = request.get("number") if isinstance(request, dict) else None
    if not isinstance(number, int):
        return None
    api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    issues = f"{api}/repos/{quote(environment['GITHUB_REPOSITORY'])}/issues"
    token = _token(environment, "GITHUB_TOKEN")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    return Place(
        list_url=f"{issues}/{number}/comments",
        update_url=f"{issues}/comments",
        update_verb="PATCH",
        headers=headers,
    )


def _on_gitlab(environment: Mapping[str, str]) -> Place:
    api = environment.get("CI_API_V4_URL", "https://gitlab.com/api/v4").rstrip("/")
    project, number = (quote(environment.get(key, ""), safe="") for key in ("CI_PROJECT_ID", "CI_MERGE_REQUEST_IID"))
    notes = f"{api}/projects/{project}/merge_requests/{number}/notes"
    headers = {"PRIVATE-TOKEN": _token(environment, "GITLAB_TOKEN")}
    return Place(list_url=notes, update_url=notes, update_verb="PUT", headers=headers)


def _token(environment: Mapping[str, str], name: str) -> str:
    token = environment.get(name, "")
    if not token:
        raise DsplanError(f"{name} is not set: it needs a token that may write comments")
    return token


class _NoRedirect(HTTPRedirectHandler):
    """A token goes to nobody but the API that it is for."""

    def redirect_request(self, *_: Any) -> None:
        return None


def call(place: Place, verb: str, url: str, body: Mapping[str, str] | None = None) -> Any:
    """Return what the API answers. Raises DsplanError with what went wrong."""
    if not url.startswith(("https://", "http://")):
        raise DsplanError(f"not an address of an API: {printable(url)}")
    data = None if body is None else json.dumps(body).encode()
    headers = {**place.headers, "Content-Type": "application/json", "User-Agent": "dsplan"}
    request = Request(url, data=data, method=verb, headers=headers)  # noqa: S310 - looked at above
    try:
        with build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
            return json.loads(answer.read(_MOST_BYTES) or b"null")
    except HTTPError as error:
        raise DsplanError(f"{verb} {printable(url)}: {error.code} {printable(str(error.reason))}") from error
    except (URLError, OSError, ValueError) as error:
        raise DsplanError(f"{verb} {printable(url)}: {printable(str(error))}") from error
