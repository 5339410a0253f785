"""Every recorded watch is sent alike by the stand-in: events, bookmarks, errors, and the moment when it ends.

Held by these records: L12, W2-W4.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dsplan.testing.apiserver.kinds import kind_named
from dsplan.testing.apiserver.server import ApiServer
from dsplan.testing.apiserver.watching import Watch

from .recorded import Exchange, Play, differences, exchanges

START = datetime(2026, 1, 1, tzinfo=UTC)
Told = tuple[str, str, str]
"""Type of an event, name of its object, and what it says in an error."""


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


def recorded_events(exchange: Exchange) -> list[tuple[float, dict[str, Any]]]:
    return [(entry["t"], entry["event"]) for entry in exchange["response"]["stream"] if "event" in entry]


def told(event: dict[str, Any]) -> Told:
    metadata = event["object"].get("metadata") or {}
    end = "end" if (metadata.get("annotations") or {}).get("k8s.io/initial-events-end") else ""
    return (
        event["type"],
        metadata.get("name", ""),
        event["object"].get("reason", "") if event["type"] == "ERROR" else end,
    )


def open_watch(play: Play, exchange: Exchange) -> Watch:
    found = play.api.answer(play.request(exchange))
    assert isinstance(found, Watch)
    return found


def watched(play: Play, exchange: Exchange, time: Time, *, live: bool = True) -> list[tuple[float, Told]]:
    """Play a watch: what happened in the recording happens again at its time; return what was sent, and when."""
    begin = time.seconds
    watch = open_watch(play, exchange)
    changes = [
        entry for entry in recorded_events(exchange) if live and entry[0] > 0.3 and entry[1]["type"] != "BOOKMARK"
    ]
    sent: list[tuple[float, Told]] = []
    while not watch.ended:
        while changes and changes[0][0] <= time.seconds - begin:
            change(play, changes.pop(0)[1], exchange)
        sent += [(time.seconds - begin, told(json.loads(line))) for line in watch.lines(time())]
        time.seconds += 0.1
        assert time.seconds - begin < 200
    return sent


def change(play: Play, event: dict[str, Any], exchange: Exchange) -> None:
    tree = event["object"]
    metadata = {key: value for key, value in tree["metadata"].items() if key not in ("uid", "resourceVersion")}
    selected = "labelSelector=app%3Dhand" in exchange["request"]["path"]
    leaves = selected and (metadata.get("labels") or {}).get("app") != "hand"
    if event["type"] == "DELETED" and not leaves:
        play.api.remove(tree["kind"], metadata.get("namespace", ""), metadata["name"])
    else:
        play.api.store.put(kind_named(tree["kind"]), {**tree, "metadata": metadata | {"uid": "u"}})


def alike(exchange: Exchange, sent: list[tuple[float, Told]]) -> None:
    recorded = [(moment, told(event)) for moment, event in recorded_events(exchange)]
    assert [event for _, event in sent] == [event for _, event in recorded]
    for (mine, event), (theirs, _) in zip(sent, recorded, strict=True):
        # Bookmarks come at one second's notice; a real server lets several watches share a timer.
        assert abs(mine - theirs) < (1.4 if event[0] == "BOOKMARK" else 0.25), event


@pytest.fixture
def play() -> tuple[Play, Time]:
    time = Time()
    return Play(ApiServer(now=time)), time


def test_the_life_of_a_pod(play: tuple[Play, Time]) -> None:
    player, time = play
    player.version("1253", player.api.store.version)
    recorded = exchanges("watch-calm")
    alike(recorded[0], watched(player, recorded[0], time))
    for number in (1, 2, 3):
        # The same again from the old version; a selector makes ADDED of what enters, and DELETED of what leaves.
        alike(recorded[number], watched(player, recorded[number], time, live=False))


def test_a_quiet_namespace_has_bookmarks_once_a_minute_and_before_the_end(play: tuple[Play, Time]) -> None:
    player, time = play
    player.version("1266", player.api.store.version)
    exchange = exchanges("watch-calm")[4]
    watch = open_watch(player, exchange)
    moments = []
    while not watch.ended:
        player.api.add({"kind": "Lease", "metadata": {"name": "elsewhere"}})
        moments += [round(time.seconds) for line in watch.lines(time()) if b'"BOOKMARK"' in line]
        time.seconds += 0.5
    # The real server sent one of the two before the end.
    assert moments == [60, 68, 69]
    assert [round(moment) for moment, _ in recorded_events(exchange)] == [60, 68]


def test_what_leaves_a_selector_is_sent_as_deleted(play: tuple[Play, Time]) -> None:
    player, time = play
    player.version("838", player.api.store.version)
    exchange = exchanges("watch")[1]
    alike(exchange, watched(player, exchange, time))


@pytest.mark.parametrize("number", [4, 7, 10])
def test_nothing_is_sent_where_nothing_happens(play: tuple[Play, Time], number: int) -> None:
    player, time = play
    player.version("838", player.api.store.version)
    exchange = exchanges("watch")[number]
    if "/watch/" in exchange["request"]["path"]:
        assert getattr(player.send(exchange), "status", 0) == 501
        return
    assert watched(player, exchange, time) == []
    assert exchange["response"]["ended"].endswith(f"{time.seconds - 0.1:.1f} s")


def test_options_that_no_watch_takes(play: tuple[Play, Time]) -> None:
    player, _ = play
    exchange = exchanges("watch")[6]
    assert differences(exchange, player.send(exchange)) == []
    for topic in ("watchlist", "watchlist-old-etcd"):
        for exchange in exchanges(topic)[4:8]:
            assert differences(exchange, player.send(exchange)) == [], exchange["note"]


def test_all_that_is_there_comes_first_without_a_version(play: tuple[Play, Time]) -> None:
    player, _ = play
    for name in ("b", "a"):
        player.api.add({"kind": "Pod", "metadata": {"name": name, "namespace": "proto"}, "spec": {"containers": [{}]}})
    watch = open_watch(player, exchanges("watch")[2])
    assert [told(json.loads(line)) for line in watch.lines(START)] == [("ADDED", "a", ""), ("ADDED", "b", "")]


def test_limit_and_continue_are_ignored_by_a_watch(play: tuple[Play, Time]) -> None:
    player, time = play
    player.version("838", player.api.store.version)
    for name in ("a", "b", "c"):
        player.api.add({"kind": "Pod", "metadata": {"name": name, "namespace": "proto"}, "spec": {"containers": [{}]}})
    for number in (8, 9):
        assert len(watched(player, exchanges("watch")[number], time, live=False)) == 3


def test_too_old_is_one_error_event_in_a_stream_that_ends(play: tuple[Play, Time]) -> None:
    player, time = play
    for number in range(400):
        player.api.add({"kind": "Node", "metadata": {"name": "n07", "labels": {"x": str(number)}}})
    player.api.add({"kind": "Event", "metadata": {"name": "e", "namespace": "default"}})
    player.api.store.compact()
    recorded = exchanges("watch-too-old")
    for number in (0, 1, 2):
        alike(recorded[number], watched(player, recorded[number], time))
    for number in (3, 4):
        answer = player.send(recorded[number])
        assert answer.status == recorded[number]["response"]["status"]
    alike(recorded[5], watched(player, recorded[5], time))


def test_streaming_lists(play: tuple[Play, Time]) -> None:
    player, time = play
    for name in ("l1", "l2"):
        player.api.add(
            {
                "kind": "Pod",
                "metadata": {"name": name, "namespace": "proto", "labels": {"app": "hand"}},
                "spec": {"containers": [{}]},
            }
        )
    for exchange in exchanges("watchlist")[:4]:
        alike(exchange, watched(player, exchange, time))


def test_streaming_lists_need_a_newer_etcd() -> None:
    time = Time()
    player = Play(ApiServer(now=time, old_etcd=True))
    player.api.add(
        {
            "kind": "Pod",
            "metadata": {"name": "l1", "namespace": "proto", "labels": {"app": "hand"}},
            "spec": {"containers": [{}]},
        }
    )
    for exchange in exchanges("watchlist-old-etcd")[:2]:
        alike(exchange, watched(player, exchange, time))


def test_a_watch_that_fell_behind_what_is_kept_ends_with_an_error(play: tuple[Play, Time]) -> None:
    player, time = play
    player.version("838", player.api.store.version)
    watch = open_watch(player, exchanges("watch")[1])
    assert list(watch.lines(time())) == []
    for name in ("a", "b"):
        player.api.add({"kind": "Node", "metadata": {"name": name}})
    player.api.store.compact()
    [line] = watch.lines(time())
    assert told(json.loads(line)) == ("ERROR", "", "Expired")
    assert watch.ended
