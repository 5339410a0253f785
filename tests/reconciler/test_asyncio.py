"""In asyncio: calls go to a thread one after another, what comes back may be read by anyone."""

from __future__ import annotations

import asyncio
import threading

import pytest

from dsplan.errors import DsplanError
from dsplan.model.world import World
from dsplan.reconciler import CurrentPlan, Reconciler, WatchEvent
from dsplan.testing import NOW, a_daemonset, a_node


async def writer(queue: asyncio.Queue[WatchEvent | None], reconciler: Reconciler, out: list[CurrentPlan]) -> None:
    """The only task that touches the reconciler: events in, plans out."""
    while (event := await queue.get()) is not None:
        await asyncio.to_thread(reconciler.observe, event)
        if queue.empty():
            out.append(await asyncio.to_thread(reconciler.plan, NOW))


async def watch(queue: asyncio.Queue[WatchEvent | None], events: list[WatchEvent]) -> None:
    for event in events:
        await queue.put(event)
        await asyncio.sleep(0)


def test_many_watches_and_one_writer() -> None:
    async def main() -> tuple[World, list[CurrentPlan]]:
        queue: asyncio.Queue[WatchEvent | None] = asyncio.Queue()
        reconciler, plans = Reconciler(), list[CurrentPlan]()
        task = asyncio.create_task(writer(queue, reconciler, plans))
        nodes = [WatchEvent("ADDED", a_node(f"n{number}", version=number + 1)) for number in range(20)]
        await asyncio.gather(watch(queue, nodes[:10]), watch(queue, nodes[10:]))
        await watch(queue, [WatchEvent("ADDED", a_daemonset(version=1))])
        await queue.put(None)
        await task
        plans.append(await asyncio.to_thread(reconciler.plan, NOW))
        return reconciler.world, plans

    world, plans = asyncio.run(main())
    assert len(world.nodes) == 20
    assert sum(action.verb == "create" and action.kind == "Pod" for action in plans[-1].actions) == 20


def test_two_writers_at_once_are_an_error_and_not_a_race() -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Slow:
        def to_dict(self) -> dict[str, object]:
            inside.set()
            assert go_on.wait(10)
            return {"kind": "Node", "metadata": {"name": "n1"}}

    reconciler = Reconciler()
    thread = threading.Thread(target=reconciler.observe, args=(("ADDED", Slow()),))
    thread.start()
    assert inside.wait(10)
    with pytest.raises(DsplanError, match="one writer"):
        reconciler.plan(NOW)
    go_on.set()
    thread.join()
    assert [node.name for node in reconciler.world.nodes] == ["n1"]


def test_what_was_handed_out_never_changes() -> None:
    reconciler = Reconciler()
    reconciler.observe(("ADDED", a_daemonset(version=1)))
    reconciler.observe(("ADDED", a_node("n1", version=1)))
    plan, world = reconciler.plan(NOW), reconciler.world
    before = repr(plan), repr(world)
    reconciler.issued(*plan.actions)
    for number in range(2, 40):
        reconciler.observe(("ADDED", a_node(f"n{number}", version=number)))
    reconciler.plan(NOW)
    assert (repr(plan), repr(world)) == before
