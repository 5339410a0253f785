"""The fixture, as somebody else's test would use it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable

from dsplan.testing.apiserver import StandIn
from dsplan.testing.apiserver.fixture import api_server

from .objects import nodes

__all__ = ["api_server"]


def test_two_at_once(api_server: Callable[..., StandIn]) -> None:
    one, other = api_server(nodes(2)), api_server(nodes(3), version="v1.30.0")
    found = []
    for started in (one, other):
        with urllib.request.urlopen(f"{started.url}/api/v1/nodes") as answer:
            found.append(len(json.load(answer)["items"]))
    assert found == [2, 3]
