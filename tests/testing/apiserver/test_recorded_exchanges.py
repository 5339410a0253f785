"""Every recorded exchange with a real API server is answered alike by the stand-in, or by 501 where nobody sends it.

Held by these records: L11, L12, W1, W2, W5-W11.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dsplan.testing.apiserver.server import ApiServer
from dsplan.testing.apiserver.wire import Answer

from .recorded import Exchange, Play, differences, exchanges

Prepare = Callable[[Play], None]


def play_topic(play: Play, topic: str, before: dict[int, Prepare], left_out: set[int], **headers: str) -> list[int]:
    """Play a topic; return the exchanges that the stand-in says it does not do. All others must be alike."""
    not_done = []
    for number, exchange in enumerate(exchanges(topic)):
        before.get(number, lambda _: None)(play)
        if number in left_out or "stream" in exchange["response"]:
            continue
        answer = play.send(exchange, **headers)
        if answer.status == 501:
            not_done.append(number)
            continue
        assert differences(exchange, answer) == [], f"{topic} {number}: {exchange['note']}"
    return not_done


def seeds(topic: str, *numbers: int) -> list[dict[str, Any]]:
    """Return the objects that recorded lists show."""
    found: dict[str, dict[str, Any]] = {}
    for number in numbers:
        body = exchanges(topic)[number]["response"]["body"]
        kind, version = body["kind"].removesuffix("List"), body["apiVersion"]
        for item in body["items"]:
            if "metadata" in item:
                found[item["metadata"]["name"]] = {"kind": kind, "apiVersion": version, **item}
    return list(found.values())


def fresh(tree: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """Return an object as it was before a server had it."""
    kept = {key: tree["metadata"][key] for key in ("name", "namespace", "labels") if key in tree["metadata"]}
    return {**tree, "metadata": {**kept, **metadata}}


def test_lists() -> None:
    play = Play(ApiServer())
    known = {tree["metadata"]["name"]: tree for tree in seeds("list", 0, 1, 2)}
    for number in range(24):
        name = f"n{number:02}"
        labels = {"pool": "ab"[number % 2], "kubernetes.io/hostname": name}
        play.api.add(fresh(known.get(name, {"kind": "Node", "metadata": {"name": name}}), name=name, labels=labels))
    for tree in seeds("list", 5, 6, 26, 27, 28):
        if tree["kind"] != "Pod" or tree["metadata"]["name"] == "agent-l842r":
            play.api.add(fresh(tree))
    for name in ("agent-2q7p4", "agent-4tqsl", "agent-zzzzz"):
        play.api.add(
            {
                "kind": "Pod",
                "metadata": {"name": name, "namespace": "proto", "labels": {"app": "agent"}},
                "spec": {"containers": [{}]},
            }
        )
    for number in range(2):
        play.api.add(
            {"kind": "ControllerRevision", "metadata": {"name": f"zz{number}", "namespace": "proto"}, "data": {}}
        )

    def change_n23(play: Play) -> None:
        play.api.add(
            {
                "kind": "Node",
                "metadata": {"name": "n23", "labels": {"pool": "b", "kubernetes.io/hostname": "n23", "changed": "1"}},
            }
        )

    def compact(play: Play) -> None:
        play.api.store.compact()

    not_done = play_topic(play, "list", {1: change_n23, 29: compact}, left_out={27})
    assert not_done == []


def test_the_second_page_shows_the_old_state() -> None:
    api = ApiServer()
    for number in range(3):
        api.add({"kind": "Node", "metadata": {"name": f"n{number}", "labels": {"age": "old"}}})
    first = exchange_of("GET", "/api/v1/nodes?limit=2")
    token = body_of(api, first)["metadata"]["continue"]
    api.add({"kind": "Node", "metadata": {"name": "n2", "labels": {"age": "new"}}})
    [last] = body_of(api, exchange_of("GET", f"/api/v1/nodes?limit=2&continue={token}"))["items"]
    assert last["metadata"]["labels"] == {"age": "old"}


def exchange_of(method: str, path: str, body: Any = None) -> Exchange:
    return {"request": {"method": method, "path": path, "headers": {}, "body": body}, "response": {}}


def body_of(api: ApiServer, exchange: Exchange) -> Any:
    answer = api.answer(Play(api).request(exchange))
    assert isinstance(answer, Answer)
    return json.loads(answer.body)


def test_access() -> None:
    play = Play(ApiServer())
    access = play.api.access
    access.grant(
        "reader", "system:serviceaccount:proto:reader", lambda asked: asked.verb == "list" and asked.resource == "nodes"
    )
    access.grant("admin", "admin", lambda asked: True)
    play.api.add(fresh(exchanges("access")[23]["response"]["body"]))
    play.api.add({"kind": "Node", "metadata": {"name": "n01"}})
    tokens = {**dict.fromkeys(range(12), "reader"), 12: "bad", **dict.fromkeys((25, 26), "reader")}
    not_done = []
    for number, exchange in enumerate(exchanges("access")):
        token = tokens.get(number, "" if 13 <= number <= 16 else "admin")
        if number == 16:
            answer = play.send(exchange, Authorization="Basic abc")
        else:
            answer = play.send(exchange, **({"Authorization": f"Bearer {token}"} if token else {}))
        if answer.status == 501:
            not_done.append(number)
        elif number == 10:
            assert answer.status == 404  # /metrics, which nobody asks for
        else:
            assert differences(exchange, answer) == [], f"access {number}: {exchange['note']}"
        if number in (25, 26, 27, 28):
            allowed = json.loads(answer.body)["status"]["allowed"]
            assert allowed == exchange["response"]["body"]["status"]["allowed"]
    # Rules reviews, and who one is: nobody asks.
    assert not_done == [30, 31]


def test_configmaps_and_leases() -> None:
    play = Play(ApiServer())
    play.api.add({"kind": "Namespace", "metadata": {"name": "proto"}})
    recorded = exchanges("configmap-lease")
    recorded[10]["request"]["body"]["data"]["a"] = "x" * 1_100_000
    for number, exchange in enumerate(recorded):
        answer = play.send(exchange)
        assert differences(exchange, answer) == [], f"{number}: {exchange['note']}"


def test_controller_revisions_byte_by_byte() -> None:
    play = Play(ApiServer())
    play.api.add({"kind": "Namespace", "metadata": {"name": "proto"}})
    not_done = 0
    for number, exchange in enumerate(exchanges("controllerrevisions-bytes")):
        answer = play.send(exchange)
        if answer.status == 501:
            assert "apply" in exchange["note"]
            play.learn(
                exchange,
                play.api.get("ControllerRevision", "proto", exchange["request"]["path"].split("/")[-1].split("?")[0]),
            )
            not_done += 1
            continue
        assert differences(exchange, answer) == [], f"{number}: {exchange['note']}"
        if answer.status < 400:
            theirs, mine = exchange["response"]["body_text"].encode(), answer.body
            assert (
                theirs[theirs.index(b'"data":') :].split(b'"revision"')[0]
                == mine[mine.index(b'"data":') :].split(b'"revision"')[0]
            )
    assert not_done == 9


def test_controller_revisions() -> None:
    play = Play(ApiServer())
    play.api.add({"kind": "Namespace", "metadata": {"name": "proto"}})
    not_done = play_topic(play, "controllerrevisions", {}, left_out={0})
    assert not_done == [24]  # server-side apply


def test_creation_of_pods() -> None:
    play = Play(ApiServer())
    play.api.add({"kind": "Namespace", "metadata": {"name": "proto"}})
    # An unknown PriorityClass or service account and a quota are what admission says; a fault says it here.
    not_done = play_topic(play, "pods-create", {}, left_out={17, 18, 19, 20, 22})
    assert not_done == [3, 14, 15, 16, 21, 24, 25]  # dry runs, fieldValidation, binding


def pod(
    name: str, node: str = "n1", phase: str = "Pending", finalizers: tuple[str, ...] = (), **labels: str
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "proto", "labels": {"app": "hand", **labels}}
    metadata |= {"finalizers": list(finalizers)} if finalizers else {}
    spec = {"containers": [{"name": "main", "image": "main:1.0"}]} | ({"nodeName": node} if node else {})
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": phase}}


def bind_uids(play: Play, topic: str, *names: str) -> None:
    """Let the recorded uids and versions of objects that were there before stand for the stand-in's."""
    text = json.dumps(exchanges(topic))
    for name in names:
        mine = play.api.get("Pod", "proto", name)
        assert mine is not None
        theirs = next(
            found
            for exchange in exchanges(topic)
            if isinstance(found := exchange["response"].get("body"), dict)
            and (found.get("metadata") or {}).get("name") == name
        )
        assert theirs["metadata"]["uid"] in text
        play._mine[theirs["metadata"]["uid"]] = mine["metadata"]["uid"]


def test_deletion_of_pods() -> None:
    play = Play(ApiServer())
    for tree in (
        pod("d1"),
        pod("d2", finalizers=("own.example/keep",)),
        pod("d3", node=""),
        pod("d4"),
        pod("d5", phase="Failed"),
        pod("d6"),
    ):
        play.api.add(tree)
    for name in ("short", "short2"):
        play.api.add({"kind": "DaemonSet", "metadata": {"name": name, "namespace": "proto"}, "spec": {}})
    bind_uids(play, "pods-delete", "d1", "d2")
    stored = play.api.get("Pod", "proto", "d1")
    assert stored is not None
    play.version("503", int(stored["metadata"]["resourceVersion"]))

    def succeed(play: Play) -> None:
        found = play.api.get("Pod", "proto", "d4")
        assert found is not None
        play.api.add({**found, "status": {"phase": "Succeeded"}})

    not_done = play_topic(play, "pods-delete", {18: succeed}, left_out={26, 28})
    # Dry runs, other propagation policies than Background, and deletion of collections.
    assert not_done == [16, 22, 24, 25]


def test_evictions() -> None:
    play = Play(ApiServer())
    ready = [{"type": "Ready", "status": "True"}]
    for name in ("e0", "e1"):
        play.api.add({**pod(name, phase="Running"), "status": {"phase": "Running", "conditions": ready}})
    bind_uids(play, "eviction", "e0")

    def budget(needed: int) -> Prepare:
        tree = {"kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "proto"}}
        spec = {"minAvailable": needed, "selector": {"matchLabels": {"app": "hand"}}}
        return lambda play: (play.api.add({**tree, "spec": spec}), None)[1]

    not_done = play_topic(play, "eviction", {2: budget(2), 4: budget(1)}, left_out={5, 8})
    assert not_done == [0]
    evicted = play.api.get("Pod", "proto", "e0")
    assert evicted is not None
    assert evicted["metadata"]["deletionGracePeriodSeconds"] == 9
    assert evicted["status"]["conditions"][-1]["type"] == "DisruptionTarget"


def test_patches() -> None:
    play = Play(ApiServer())
    unscheduled = {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]}
    for name, node, status in (("p1", "n03", {}), ("p2", "", unscheduled)):
        metadata = {"name": name, "namespace": "proto", "labels": {"app": name}}
        play.api.add({**pod(name, node=node), "metadata": metadata, "status": status})
    bind_uids(play, "patch", "p1", "p2")
    # Unknown fields are kept, and of DaemonSets only what a host changes is looked at: no validation of a whole spec.
    not_done = play_topic(play, "patch", {}, left_out={11, 20, *range(25, 36)})
    assert not_done == [19, 21, 22, 23, 24]  # fieldValidation; server-side apply


def test_custom_resources() -> None:
    def renamed(exchange: Exchange) -> Exchange:
        text = (
            json.dumps(exchange)
            .replace("policies.own.example", "rolloutpolicies.dsplan.dev")
            .replace("own.example/v1", "dsplan.dev/v1alpha1")
        )
        text = (
            text.replace("/policies", "/rolloutpolicies")
            .replace('"Policy"', '"RolloutPolicy"')
            .replace("Policy.own", "RolloutPolicy.own")
        )
        text = (
            text.replace("own.example", "dsplan.dev")
            .replace('"kind": "policies"', '"kind": "rolloutpolicies"')
            .replace('"PolicyList"', '"RolloutPolicyList"')
        )
        return dict(json.loads(text))

    without = Play(ApiServer(lacks=("RolloutPolicy",)))
    recorded = [renamed(exchange) for exchange in exchanges("crd")]
    assert differences(recorded[0], without.send(recorded[0])) == []
    play = Play(ApiServer())
    play.api.add({"kind": "Namespace", "metadata": {"name": "proto"}})
    # Schemas (7-13), server-side apply (18, 19) and tables (25) are nobody's; 4 lists verbs that nobody sends.
    for number in (5, 6, 14, 15, 16, 17, 20, 21, 22):
        answer = play.send(recorded[number])
        if number == 20:
            # The real server had seen two applies in between.
            assert answer.status in (200, 409)
            continue
        found = differences(recorded[number], answer)
        if number in (5, 6, 14, 15, 16, 17):
            assert found == [], f"{number}: {recorded[number]['note']}"
        else:
            assert answer.status == recorded[number]["response"]["status"]


def test_discovery() -> None:
    play = Play(ApiServer())
    for number in (0, 1, 3, 4, 5, 8, 12):
        exchange = exchanges("discovery")[number]
        answer = play.send(exchange)
        assert answer.status == exchange["response"]["status"]
        theirs, mine = exchange["response"].get("body", exchange["response"].get("body_text")), answer.body.decode()
        if isinstance(theirs, str):
            assert mine == theirs
        else:
            decoded = json.loads(mine)
            assert (
                decoded["kind"] == theirs["kind"] if "kind" in theirs else decoded["gitVersion"] == theirs["gitVersion"]
            )
    for number in (7, 9, 10, 11):
        exchange = exchanges("discovery")[number]
        theirs = {entry["name"]: entry for entry in exchange["response"]["body"]["resources"]}
        answer = play.send(exchange)
        for entry in json.loads(answer.body)["resources"]:
            assert entry["kind"] == theirs[entry["name"]]["kind"] or entry["name"].endswith("/eviction")
            assert entry["namespaced"] == theirs[entry["name"]]["namespaced"]
            assert set(entry["verbs"]) <= set(theirs[entry["name"]]["verbs"])
    for number in (14, 16):
        exchange = exchanges("discovery")[number]
        # A client that asks for aggregated discovery takes the plain one, too, as its Accept says.
        assert play.send(exchange).headers["Content-Type"] == "application/json"


def test_tables_are_not_served() -> None:
    play = Play(ApiServer())
    play.api.add({"kind": "Node", "metadata": {"name": "n00"}})
    for number in (1, 4, 5, 6):
        assert play.send(exchanges("table")[number]).status == 501
    assert len(play.api.refused) == 4


@pytest.mark.parametrize("path", ["/api/v1/services", "/apis/batch/v1/jobs", "/apis/authentication.k8s.io/v1/x"])
def test_what_only_a_real_server_has_is_501(path: str) -> None:
    api = ApiServer()
    answer = api.answer(Play(api).request(exchange_of("GET", path)))
    assert isinstance(answer, Answer)
    assert answer.status == 501
    assert api.refused == [f"GET {path}"]
