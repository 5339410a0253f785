"""A saved State is the same when it is read again, small at 10,000 nodes, and never half understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsplan.errors import InputError
from dsplan.model.meta import Identity
from dsplan.model.name_table import names_in, table_of
from dsplan.model.saved_state import load_state, save_state
from dsplan.model.state import (
    Backoff,
    CanaryRecord,
    Expectations,
    Flight,
    LearnedHash,
    PolicyProgress,
    State,
    StepRecord,
    Stop,
    TargetProgress,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DS = Identity("DaemonSet", "kube-system", "agent")
LARGEST = 200_000
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"

texts = st.text(max_size=12)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
identities = st.builds(Identity, st.just("DaemonSet"), texts, texts)
targets = st.builds(
    TargetProgress,
    daemonset=identities,
    uid=texts,
    hash=texts,
    began=moments,
    canary=st.none() | st.builds(CanaryRecord, says=texts, size=st.integers(0, 9), nodes=st.tuples(texts, texts)),
    steps=st.lists(st.builds(StepRecord, step=texts, asked=st.none() | moments, over=moments), max_size=3).map(tuple),
    stop=st.none() | st.builds(Stop, kind=texts, note=texts, nodes=st.tuples(texts)),
)
states = st.builds(
    State,
    backoffs=st.lists(
        st.builds(
            Backoff,
            daemonset_uid=texts,
            observed_generation=st.integers(0, 99),
            node=texts,
            delay=st.floats(0, 900),
            last_deletion=moments,
        ),
        max_size=6,
    ).map(tuple),
    expectations=st.lists(st.builds(Expectations, daemonset=identities, since=st.none() | moments), max_size=3).map(
        tuple
    ),
    hashes=st.lists(st.builds(LearnedHash, daemonset=identities, hash=texts), max_size=3).map(tuple),
    flights=st.lists(
        st.builds(Flight, daemonset=identities, verb=texts, kind=texts, name=texts, uid=texts, since=moments),
        max_size=6,
    ).map(tuple),
    seen=st.lists(st.tuples(texts, texts), max_size=4).map(tuple),
    rollouts=st.lists(
        st.builds(
            PolicyProgress,
            policy=identities,
            targets=st.lists(targets, max_size=3).map(tuple),
            resolved=st.dictionaries(
                st.sampled_from(["@at", "@names", "@@each", "rows", "x"]), st.integers(), max_size=3
            ),
        ),
        max_size=3,
    ).map(tuple),
)


@given(states)
def test_what_is_saved_is_loaded(state: State) -> None:
    saved = save_state(state)
    assert load_state(saved) == state
    assert save_state(load_state(saved)) == saved


@given(st.lists(st.text(max_size=10) | st.from_regex(r"(node-|ip-10-0-)[0-9]{1,4}(\.example)?", fullmatch=True)))
def test_a_table_has_every_name_once(names: list[str]) -> None:
    assert sorted(names_in(table_of(names))) == sorted(set(names))


NAMES = {
    "counted": lambda dice: [f"node-{number:05}" for number in range(10_000)],
    "addresses": lambda dice: sorted(
        {
            f"ip-10-{number // 2500}-{number // 200 % 250}-{number % 200}.eu-west-1.compute.internal"
            for number in range(10_000)
        }
    ),
    "random": lambda dice: sorted(
        f"gke-prod-eu-pool-{number % 12}-{0x4F2A1B3C:08x}-{''.join(dice.choices(LETTERS, k=4))}"
        for number in range(10_000)
    ),
}


def target_with(canary: list[str], broken: Sequence[str] = ()) -> TargetProgress:
    stop = Stop(kind="broken", nodes=tuple(broken)) if broken else None
    record = CanaryRecord(says="canary", size=len(canary), nodes=tuple(canary))
    return TargetProgress(daemonset=DS, uid="1", hash="a", began=NOW, canary=record, stop=stop)


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_ten_thousand_nodes_stay_below_200_kilobytes(kind: str) -> None:
    dice = Random(1)
    names = NAMES[kind](dice)
    # Every node is in back-off, which is more than any roll-out has; 250 writes are in flight, and all canaries named.
    state = State(
        backoffs=tuple(
            Backoff(
                daemonset_uid="0f2c1ab8-8213-4f90-a70b-1eb258879392",
                observed_generation=7,
                node=name,
                delay=float(2 ** (place % 5)),
                last_deletion=NOW + timedelta(seconds=place // 10),
            )
            for place, name in enumerate(names)
        ),
        flights=tuple(
            Flight(
                daemonset=DS,
                verb="delete",
                kind="Pod",
                name=f"agent-{dice.randrange(10**6):06}",
                uid=str(place),
                since=NOW,
            )
            for place in range(250)
        ),
        rollouts=(
            PolicyProgress(policy=DS, targets=(target_with(names[:5000], broken=names[5000:]),)),
            PolicyProgress(policy=DS, targets=(target_with(names[::2]),)),
        ),
    )
    saved = save_state(state)
    assert load_state(saved) == state
    assert len(saved) <= LARGEST


def test_a_newer_state_is_refused() -> None:
    tree = msgspec.json.decode(save_state(State()))
    for newer in ({**tree, "format": 2}, {**tree, "state": {**tree["state"], "version": 99}}):
        with pytest.raises(InputError) as caught:
            load_state(msgspec.json.encode(newer))
        assert "newer dsplan" in caught.value.problems[0].message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"kind":"other","format":1}',
        '{"kind":"dsplan-state","format":1,"state":{"flights":{"@names":"0-5"}}}',
        '{"kind":"dsplan-state","format":1,"state":{"seen":{"@each":[[1,99999999999]]}}}',
        '{"kind":"dsplan-state","format":1,"names":["#n|0-99999999999|"]}',
        '{"kind":"dsplan-state","format":1,"state":{"flights":{"@rows":2,"@of":{"a":{"@each":[[1,1]]}}}}}',
        '{"kind":"dsplan-state","format":1,"state":{"version":"x"}}',
    ],
)
def test_what_cannot_be_read_is_refused_and_never_taken_for_nothing(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_state(text)
    assert caught.value.problems[0].message.startswith("State cannot be used: ")
