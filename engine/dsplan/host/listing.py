"""Complete lists, page by page, as of one version."""

from __future__ import annotations

from typing import Any

import msgspec

from .answers import ApiError
from .api import Api
from .kinds import PATHS, path_of

__all__ = ["Listed", "list_all"]

PAGE = 500
_MOST_PAGES = 100_000


class Listed(msgspec.Struct, frozen=True):
    """All objects of a kind as of one version; `absent` where the cluster does not have the kind.

    `began` is when it was asked for, on the monotonic clock.
    """

    kind: str
    objects: list[Any]
    version: str = ""
    absent: bool = False
    began: float = 0.0


async def list_all(api: Api, kind: str, *, namespace: str = "", labels: str = "", page: int = PAGE) -> Listed:
    """Return a complete and current list.

    Never with resourceVersion=0, which ignores the limit and may be of long ago. Where a page has expired (410) the
    token that comes with it would go on with a later version, and show neither: so all is asked for again at once,
    without a limit. Raises ApiError and Unanswered.
    """
    query: dict[str, str | int] = {"labelSelector": labels} if labels else {}
    found: list[Any] = []
    began = api.clock.monotonic()
    token, limit = "", page
    for _ in range(_MOST_PAGES):
        paged: dict[str, str | int] = {"limit": limit} if limit else {}
        if token:
            paged["continue"] = token
        try:
            tree = await api.get(path_of(kind, namespace, query={**query, **paged}))
        except ApiError as error:
            if error.status == 410 and limit:
                found, token, limit, began = [], "", 0, api.clock.monotonic()
                continue
            if error.status == 404 and PATHS[kind].optional:
                return Listed(kind, [], absent=True, began=began)
            raise
        items, metadata = tree.get("items") or [], tree.get("metadata") or {}
        if not isinstance(items, list) or not isinstance(metadata, dict):
            raise ApiError((502, {}, b"what was sent is not a list"))
        found += items
        token = metadata.get("continue") or ""
        if not token:
            return Listed(kind, found, str(metadata.get("resourceVersion") or ""), began=began)
    raise ApiError((502, {}, b"a list that never ends"))
