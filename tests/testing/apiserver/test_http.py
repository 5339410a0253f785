"""Over the wire: chunked watches, compression, throttling, and each fault that can be injected."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from dsplan.testing.apiserver import ApiServer, Fault, HttpFront, internal_error, is_write, throttled

from .recorded import exchanges


class Place:
    """A stand-in that is served, and the connections to it."""

    def __init__(self) -> None:
        self.api = ApiServer()
        self.front = HttpFront(self.api)
        self._connections: list[http.client.HTTPConnection] = []

    def get(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(self.front.url).netloc, timeout=10)
        self._connections.append(connection)
        connection.request(method, path, headers={"Connection": "close", **headers})
        return connection.getresponse()

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self.front.close()


@pytest.fixture
def place() -> Iterator[Place]:
    found = Place()
    yield found
    found.close()


def test_large_answers_are_compressed_when_asked_for(place: Place) -> None:
    api = place.api
    for name, size in (("big", 200_000), ("small", 100)):
        api.add({"kind": "ConfigMap", "metadata": {"name": name, "namespace": "calm"}, "data": {"a": "x" * size}})
    path = "/api/v1/namespaces/calm/configmaps"
    recorded = [exchange["response"]["headers"].get("Content-Encoding") for exchange in exchanges("gzip")]
    assert recorded == ["gzip", None, None, None]
    compressed = place.get(f"{path}/big", **{"Accept-Encoding": "gzip"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(compressed.read()))["data"]["a"]) == 200_000
    for name, wanted in (("big", "identity"), ("small", "gzip"), ("small", "identity")):
        assert place.get(f"{path}/{name}", **{"Accept-Encoding": wanted}).headers["Content-Encoding"] is None


def test_throttling_is_plain_text_with_retry_after(place: Place) -> None:
    api = place.api
    for exchange in exchanges("throttle"):
        api.faults.add(Fault(answer=throttled()))
        answer = place.get(exchange["request"]["path"], exchange["request"]["method"])
        assert answer.status == exchange["response"]["status"] == 429
        assert answer.headers["Retry-After"] == exchange["response"]["headers"]["Retry-After"]
        assert answer.headers["Content-Type"] == exchange["response"]["headers"]["Content-Type"]
        assert answer.read().decode().strip() == exchange["response"]["body_text"].strip()


def test_a_watch_is_sent_as_it_happens_and_ends_in_time(place: Place) -> None:
    api = place.api
    api.add({"kind": "Node", "metadata": {"name": "n1"}})
    answer = place.get("/api/v1/nodes?watch=1&timeoutSeconds=1")
    assert json.loads(answer.readline())["object"]["metadata"]["name"] == "n1"
    api.add({"kind": "Node", "metadata": {"name": "n2"}})
    assert json.loads(answer.readline())["object"]["metadata"]["name"] == "n2"
    assert answer.readline() == b""


def test_a_watch_can_be_cut(place: Place) -> None:
    api = place.api
    for name in ("n1", "n2"):
        api.add({"kind": "Node", "metadata": {"name": name}})
    api.faults.add(Fault(picks=lambda request: "watch" in request.query, cut=1))
    answer = place.get("/api/v1/nodes?watch=1")
    assert json.loads(answer.readline())["object"]["metadata"]["name"] == "n1"
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()


def test_an_answer_is_lost_after_the_write_or_the_request_before_it(place: Place) -> None:
    api = place.api
    api.add({"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "calm"}})
    path = "/api/v1/namespaces/calm/configmaps/a"
    api.faults.add(Fault(picks=is_write, refused=True))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        place.get(path, "DELETE")
    assert api.get("ConfigMap", "calm", "a") is not None
    api.faults.add(Fault(picks=is_write, lost=True))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        place.get(path, "DELETE")
    assert api.get("ConfigMap", "calm", "a") is None


def test_errors_slow_answers_and_lists_that_lag_behind(place: Place) -> None:
    api = place.api
    api.add({"kind": "Node", "metadata": {"name": "n1"}})
    api.add({"kind": "Node", "metadata": {"name": "n2"}})
    api.faults.add(Fault(answer=internal_error()))
    assert place.get("/api/v1/nodes").status == 500
    api.faults.add(Fault(slow=0.1, behind=1))
    late = json.loads(place.get("/api/v1/nodes").read())
    assert [item["metadata"]["name"] for item in late["items"]] == ["n1"]
    api.faults.add(Fault(times=-1, refused=True))
    api.faults.clear()
    assert len(json.loads(place.get("/api/v1/nodes").read())["items"]) == 2
