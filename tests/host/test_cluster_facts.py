"""What a host finds out about a cluster, who owns what, and the switch to OnDelete."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.errors import InputError
from dsplan.host import HostOptions, LeaseTerms, OwnedElsewhere, owner_of, server_version, switch_to_on_delete
from dsplan.host.access import rights_needed
from dsplan.host.api import Api
from dsplan.host.kinds import PATHS
from dsplan.host.ownership import hands_back
from dsplan.host.pacing import Rate
from dsplan.testing.apiserver import Asked, DirectClient, run_virtually
from tests.testing.apiserver.objects import daemonset, nodes, policy

from .worlds import DS, Stage, acting


def api_of(stage: Stage) -> Api:
    return Api(stage.client, stage.time, Rate(1000, burst=100), timeout=10)


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        ({}, ""),
        ({"labels": {"argocd.argoproj.io/instance": "edge"}}, "Argo CD (label argocd.argoproj.io/instance=edge)"),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "x"}},
            "Argo CD (annotation argocd.argoproj.io/tracking-id=x)",
        ),
        (
            {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}},
            "Flux (label kustomize.toolkit.fluxcd.io/name=apps)",
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm (label app.kubernetes.io/managed-by=Helm)"),
        ({"annotations": {"meta.helm.sh/release-name": "r"}}, "Helm (annotation meta.helm.sh/release-name=r)"),
        (
            {"managedFields": [{"manager": "argocd-controller", "fieldsV1": {"f:spec": {"f:updateStrategy": {}}}}]},
            "Argo CD (field manager argocd-controller)",
        ),
        ({"managedFields": [{"manager": "argocd-controller", "fieldsV1": {"f:metadata": {}}}]}, ""),
        ({"managedFields": [{"manager": "kubectl-edit", "fieldsV1": {"f:spec": {"f:updateStrategy": {}}}}]}, ""),
    ],
)
def test_who_owns_an_object(metadata: dict[str, Any], owner: str) -> None:
    found = owner_of({"metadata": metadata})
    assert (str(found) if found else "") == owner


def test_the_switch_to_on_delete() -> None:
    async def play() -> None:
        stage = Stage(daemonset(budget=3), controller=False)
        await switch_to_on_delete(api_of(stage), DS)
        stored = stage.stand_in.api.get("DaemonSet", "default", "agent")
        assert stored is not None
        assert stored["spec"]["updateStrategy"] == {"type": "OnDelete"}
        version = stored["metadata"]["resourceVersion"]
        await switch_to_on_delete(api_of(stage), DS)
        again = stage.stand_in.api.get("DaemonSet", "default", "agent")
        assert again is not None
        assert again["metadata"]["resourceVersion"] == version

    run_virtually(play())


def test_what_a_gitops_tool_owns_is_not_switched() -> None:
    async def play() -> None:
        owned = daemonset()
        owned["metadata"]["labels"]["argocd.argoproj.io/instance"] = "edge"
        stage = Stage(owned, controller=False)
        with pytest.raises(OwnedElsewhere, match=r"belongs to Argo CD .*at its source"):
            await switch_to_on_delete(api_of(stage), DS)
        assert stage.requests("PATCH") == []

    run_virtually(play())


def test_what_the_controller_does_with_what_is_handed_back() -> None:
    assert hands_back(daemonset(strategy="OnDelete")) == ""
    assert "somebody set updateStrategy back" in hands_back(daemonset(budget="10%"))
    assert "at most 10% at a time" in hands_back(daemonset(budget="10%"))


@pytest.mark.parametrize(("version", "differences"), [("v1.36.2", 0), ("v1.30.1", 2), ("v1.37.0", 1), ("v1.34.0", 1)])
def test_what_is_different_in_another_version_is_told(version: str, differences: int) -> None:
    async def play() -> None:
        found = await server_version(api_of(Stage(version=version)))
        assert found.text == version
        assert len(found.differences) == differences

    run_virtually(play())


class Named(DirectClient):
    """Says who it is."""

    async def request(self, method: str, path: str, headers: Any, *rest: Any) -> Any:
        return await super().request(method, path, {**headers, "Authorization": "Bearer t"}, *rest)

    def stream(self, path: str, headers: Any, timeout: float) -> Any:
        return super().stream(path, {**headers, "Authorization": "Bearer t"}, timeout)


@pytest.mark.parametrize("replaces", [False, True])
def test_the_rights_that_are_asked_for_are_enough_for_a_roll_out(replaces: bool) -> None:
    async def play() -> None:
        strategy = "RollingUpdate" if replaces else "OnDelete"
        stage = Stage(
            *nodes(4), daemonset(strategy=strategy), policy(budgets=[{"maxUnavailable": 2}]), controller=not replaces
        )
        needed = rights_needed("default", [""], replaces_controller=replaces)
        refused = []

        def allows(asked: Asked) -> bool:
            for right in needed:
                found = PATHS[right.kind]
                if (right.verb, found.group, found.plural, right.subresource) == (
                    asked.verb,
                    asked.group,
                    asked.resource,
                    asked.subresource,
                ) and right.namespace in ("", asked.namespace):
                    return True
            refused.append(asked)
            return False

        stage.stand_in.api.access.grant("t", "host", allows)
        async with stage.live(), acting(stage.host(client=Named(stage.stand_in), replaces_controller=replaces)):
            await stage.until(stage.rolled_out("agent:1", 4))
            stage.stand_in.api.add(daemonset("agent:2", strategy=strategy, generation=2))
            await stage.until(stage.rolled_out("agent:2", 4))
        assert refused == []

    run_virtually(play())


def test_options_that_no_host_can_work_with_are_all_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        HostOptions(identity="", name="No Name", batch=0, terms=LeaseTerms(duration=5, renew_deadline=6))
    assert [problem.field for problem in caught.value.problems] == ["batch", "name", "identity", "terms"]
