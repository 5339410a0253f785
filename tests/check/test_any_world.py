"""No world makes a rule raise, whatever an API server would say of it."""

from __future__ import annotations

from hypothesis import given, settings

from dsplan.check import BUILTIN_RULES, Report, Scene, Settings, check
from dsplan.manifests.decode import decode
from dsplan.model.world import World
from dsplan.planner import solve
from tests.worlds import NOW, trees
from tests.worlds import world as decoded

EVERY = Settings(select=tuple(each.id for each in BUILTIN_RULES))


def checked(world: World) -> Report:
    return check(Scene.of(world, solve(world, now=NOW)), BUILTIN_RULES, EVERY)


@settings(max_examples=60, deadline=None)
@given(trees().map(decoded))
def test_rules_never_raise_and_say_something_whole(world: World) -> None:
    for finding in checked(world).findings:
        assert finding.spot.text
        assert "  " not in finding.spot.text
        assert set(finding.spot.nodes) <= {node.name for node in world.nodes}


def test_odd_templates() -> None:
    """What an API server would refuse is shown to rules all the same, since plans are made of it."""
    odd = {"containers": [{"name": "c"}], "volumes": [{"name": "v"}], "tolerations": None}
    for spec in (odd, {"containers": None}, {}):
        tree = {
            "kind": "DaemonSet",
            "metadata": {"name": "d", "namespace": "x"},
            "spec": {"selector": {}, "template": {"spec": spec}},
        }
        assert checked(decode([tree, {"kind": "Node", "metadata": {"name": "n"}}])).checked == 1
