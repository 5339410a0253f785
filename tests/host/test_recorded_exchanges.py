"""The host against what a real API server said: recorded answers byte by byte, and no stand-in in the process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from dsplan.diff import Action, ActionReason, Stage
from dsplan.host.access import Right, missing_rights
from dsplan.host.answers import ApiError, Outcome, outcome_of
from dsplan.host.api import Api
from dsplan.host.gojson import encode
from dsplan.host.listing import Listed, list_all
from dsplan.host.pacing import Rate, SystemClock
from dsplan.host.state_store import StateStore
from dsplan.host.surroundings import server_version
from dsplan.host.watching import Message, Observed, Reflector, Trouble
from dsplan.host.writes import Sender
from dsplan.model.meta import Identity
from dsplan.model.state import State
from tests.testing.apiserver.recorded import Exchange, exchanges

DS = Identity("DaemonSet", "proto", "agent")


def body_of(exchange: Exchange) -> bytes:
    found = exchange["response"].get("body", exchange["response"].get("body_text"))
    return found.encode() if isinstance(found, str) else json.dumps(found).encode()


def answer_of(exchange: Exchange) -> tuple[int, Mapping[str, str], bytes]:
    return exchange["response"]["status"], exchange["response"].get("headers", {}), body_of(exchange)


def stream_of(exchange: Exchange) -> list[bytes]:
    return [json.dumps(entry["event"]).encode() + b"\n" for entry in exchange["response"]["stream"] if "event" in entry]


class Tape:
    """A client that plays recorded answers, one after the other, and notes what was asked."""

    def __init__(self, *recorded: Exchange) -> None:
        self.left = list(recorded)
        self.asked: list[tuple[str, str, bytes]] = []

    async def request(self, method: str, path: str, headers: Any, body: bytes, timeout: float) -> Any:
        self.asked.append((method, path, body))
        return answer_of(self.left.pop(0))

    @asynccontextmanager
    async def stream(self, path: str, headers: Any, timeout: float) -> AsyncIterator[Any]:
        self.asked.append(("WATCH", path, b""))
        if not self.left:
            await asyncio.Event().wait()
        exchange = self.left.pop(0)
        if "stream" in exchange["response"]:
            yield 200, {}, self._pieces(b"".join(stream_of(exchange)))
        else:
            status, headers, body = answer_of(exchange)
            yield status, headers, self._pieces(body)

    async def _pieces(self, whole: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(whole), 1000):
            yield whole[at : at + 1000]


class Hasty(SystemClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def api_of(tape: Tape) -> Api:
    return Api(tape, Hasty(), Rate(1e6, burst=1000), timeout=5)


def reflected(tape: Tape, kind: str = "Pod", *, streams: bool = False) -> list[Message]:
    """Return what a reflector delivers until the tape is at its end."""
    found: list[Message] = []

    async def play() -> None:
        reflector = Reflector(api_of(tape), kind, found.append, Random(1), streams=streams)
        task = asyncio.create_task(reflector.run())
        for _ in range(200):
            await asyncio.sleep(0)
            if task.done():
                break
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    return found


def names(listed: Listed) -> list[str]:
    return [item["metadata"]["name"] for item in listed.objects if "metadata" in item]


def test_pages_are_put_together_as_of_the_first_ones_version() -> None:
    recorded = exchanges("list")[:3]
    tape = Tape(*recorded)
    found = asyncio.run(list_all(api_of(tape), "Node", page=10))
    assert found.version == "478"
    assert names(found)[0] == "n00"
    assert names(found)[-1] == "n23"
    token = recorded[0]["response"]["body"]["metadata"]["continue"]
    assert [path for _, path, _ in tape.asked][:2] == [
        "/api/v1/nodes?limit=10",
        f"/api/v1/nodes?limit=10&continue={token}",
    ]
    assert "resourceVersion=" not in "".join(path for _, path, _ in tape.asked)


def test_an_expired_page_is_answered_by_one_whole_list() -> None:
    recorded = exchanges("list")
    tape = Tape(recorded[0], recorded[29], recorded[8])
    found = asyncio.run(list_all(api_of(tape), "Node", page=10))
    assert found.version == "479"
    assert names(found)[-1] == "n23"
    assert tape.asked[-1][1] == "/api/v1/nodes"


@pytest.mark.parametrize("number", [21, 22])
def test_a_version_of_the_future_asks_for_patience(number: int) -> None:
    with pytest.raises(ApiError) as caught:
        asyncio.run(list_all(api_of(Tape(exchanges("list")[number])), "Node"))
    assert (caught.value.status, caught.value.wait) == (504, 1.0)


def test_throttling_is_waited_out_and_never_taken_for_an_answer() -> None:
    for exchange in exchanges("throttle"):
        assert outcome_of(answer_of(exchange)) is Outcome.THROTTLED
    found = reflected(Tape(exchanges("throttle")[0], exchanges("list")[8]), "Node")
    assert [type(message) for message in found][:2] == [Trouble, Listed]


def test_a_watch_delivers_every_event_and_resumes_where_it_ended() -> None:
    listed, watched = exchanges("list")[7], exchanges("watch-calm")[0]
    tape = Tape(listed, watched)
    found = reflected(tape)
    events = [
        (message.type, message.object["metadata"]["resourceVersion"])
        for message in found
        if isinstance(message, Observed)
    ]
    assert [kind for kind, _ in events] == ["ADDED", "MODIFIED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]
    assert "resourceVersion=479" in tape.asked[1][1]
    # Bookmarks are no events, but they say from where to go on.
    assert "resourceVersion=1259" in tape.asked[2][1]


def test_too_old_is_answered_by_a_list() -> None:
    too_old, listed = exchanges("watch-too-old")[0], exchanges("list")[8]
    tape = Tape(listed, too_old, listed)
    found = reflected(tape, "Node")
    assert [type(message) for message in found] == [Listed, Listed]
    assert [method for method, _, _ in tape.asked][:3] == ["GET", "WATCH", "GET"]


def test_a_streaming_list() -> None:
    found = reflected(Tape(exchanges("watchlist")[0]), streams=True)
    assert isinstance(found[0], Listed)
    assert (names(found[0]), found[0].version) == (["l1", "l2"], "1168")


@pytest.mark.parametrize("number", [0, 1])
def test_a_server_that_cannot_stream_lists_is_asked_in_pages(number: int) -> None:
    tape = Tape(exchanges("watchlist-old-etcd")[number], exchanges("list")[7], exchanges("watch-calm")[0])
    found = reflected(tape, streams=True)
    assert isinstance(found[0], Listed)
    assert found[0].version == "479"
    assert [method for method, _, _ in tape.asked] == ["WATCH", "GET", "WATCH", "WATCH"]


def test_a_stream_that_ends_before_its_mark_is_no_list() -> None:
    found = reflected(Tape(exchanges("watchlist")[3], exchanges("list")[7]), streams=True)
    assert isinstance(found[0], Listed)
    assert found[0].version == "479"


def test_a_kind_that_the_cluster_does_not_have() -> None:
    found = reflected(Tape(exchanges("crd")[0], exchanges("crd")[0]), "RolloutPolicy", streams=True)
    assert isinstance(found[0], Listed)
    assert found[0].absent


def action(verb: str = "delete", *, uid: str = "u", version: str = "1") -> Action:
    from dsplan.diff import Precondition

    return Action(
        verb=verb,
        kind="Pod",
        namespace="proto",
        name="d1",
        node="n1",
        daemonset=DS,
        reason=ActionReason.OUTDATED,
        stage=Stage.ROLLING_UPDATE,
        precondition=Precondition(uid, version),
    )


@pytest.mark.parametrize(
    ("topic", "number", "outcome"),
    [
        ("pods-delete", 0, Outcome.CONFLICT),
        ("pods-delete", 1, Outcome.CONFLICT),
        ("pods-delete", 2, Outcome.DONE),
        ("pods-delete", 9, Outcome.GONE),
        ("pods-create", 1, Outcome.EXISTS),
        ("pods-create", 5, Outcome.REFUSED),
        ("pods-create", 9, Outcome.GONE),
        ("pods-create", 17, Outcome.REFUSED),
        ("pods-create", 20, Outcome.REFUSED),
        ("pods-create", 23, Outcome.UNKNOWN),
        ("eviction", 1, Outcome.CONFLICT),
        ("eviction", 3, Outcome.HELD),
        ("eviction", 4, Outcome.DONE),
        ("eviction", 9, Outcome.GONE),
        ("access", 6, Outcome.REFUSED),
        ("access", 12, Outcome.REFUSED),
        ("patch", 2, Outcome.CONFLICT),
        ("patch", 3, Outcome.REFUSED),
        ("throttle", 3, Outcome.THROTTLED),
    ],
)
def test_what_each_answer_to_a_write_means(topic: str, number: int, outcome: Outcome) -> None:
    sender = Sender(api_of(Tape(exchanges(topic)[number])), timeout=5, evicts=topic == "eviction")
    assert asyncio.run(sender.send(action()))[0] is outcome


def test_a_deletion_is_sent_as_the_real_server_took_it() -> None:
    recorded = exchanges("pods-delete")[2]
    known = recorded["request"]["body"]["preconditions"]
    tape = Tape(recorded)
    asyncio.run(
        Sender(api_of(tape), timeout=5, evicts=False).send(action(uid=known["uid"], version=known["resourceVersion"]))
    )
    [(method, path, body)] = tape.asked
    assert (method, path) == ("DELETE", recorded["request"]["path"])
    assert json.loads(body)["preconditions"] == known


def test_revisions_are_sent_in_the_bytes_that_can_be_patched_later() -> None:
    """Of the recorded ways to write `data` those that later patches accept are exactly those that are written here."""
    found = 0
    recorded = exchanges("controllerrevisions-bytes")
    for number, exchange in enumerate(recorded):
        if exchange["request"]["method"] != "POST":
            continue
        sent = exchange["request"]["body_text"].encode()
        data = sent[sent.index(b'"data":') + 7 : sent.rindex(b',"revision"')]
        strategic = next(later for later in recorded[number:] if "strategic" in later["note"])
        mine = encode(json.loads(data))
        assert (mine == data) == (strategic["response"]["status"] == 200), exchange["note"]
        found += mine == data
    assert found == 4


def test_state_and_its_fence() -> None:
    created, put, conflict = (exchanges("configmap-lease")[number] for number in (0, 2, 3))
    none = exchanges("configmap-lease")[7]

    async def play() -> None:
        tape = Tape(none, created, put)
        store = StateStore(api_of(tape), "proto", "state", "me")
        assert await store.load() == State()
        await store.save(State(seen=(("Pod", "1"),)))
        await store.save(State(seen=(("Pod", "2"),)))
        assert [method for method, _, _ in tape.asked] == ["GET", "POST", "PUT"]
        assert json.loads(tape.asked[2][2])["metadata"]["resourceVersion"] == "1125"
        # The answer shows another's State in it: from now on nothing more is written.
        tape.left = [conflict, put]
        from dsplan.host.state_store import FenceLost

        with pytest.raises(FenceLost):
            await store.save(State(seen=(("Pod", "3"),)))

    asyncio.run(play())


def test_rights_and_version() -> None:
    recorded = exchanges("access")
    rights = [Right("list", "Node"), Right("delete", "Pod", "proto")]
    assert asyncio.run(missing_rights(api_of(Tape(recorded[25], recorded[26])), rights)) == (rights[1],)
    found = asyncio.run(server_version(api_of(Tape(exchanges("discovery")[0]))))
    assert (found.text, found.differences) == ("v1.36.2", ())
