"""Section V of the rules: security contexts, operating systems and host processes."""

from __future__ import annotations

import pytest

from tests.apiserver.validation.objects import Found, Tree, of_container, of_spec

INVALID, REQUIRED, FORBIDDEN, UNSUPPORTED = "Invalid", "Required", "Forbidden", "NotSupported"


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"runAsUser": 0, "runAsGroup": 2147483647, "privileged": True}, []),
        ({"runAsUser": -1, "runAsGroup": 2147483648}, [("runAsUser", INVALID), ("runAsGroup", INVALID)]),
        ({"procMount": ""}, [("procMount", UNSUPPORTED)]),
        ({"procMount": "Unmasked"}, [("procMount", INVALID)]),
        ({"seccompProfile": {}}, [("seccompProfile.type", REQUIRED)]),
        ({"seccompProfile": {"type": "localhost"}}, [("seccompProfile.type", UNSUPPORTED)]),
        ({"seccompProfile": {"type": "Localhost", "localhostProfile": "a/b"}}, []),
        (
            {"seccompProfile": {"type": "Localhost", "localhostProfile": "/a/../b"}},
            [("seccompProfile.localhostProfile", INVALID)] * 2,
        ),
        (
            {"appArmorProfile": {"type": "Localhost", "localhostProfile": " a"}},
            [("appArmorProfile.localhostProfile", INVALID)],
        ),
        (
            {"appArmorProfile": {"type": "Localhost", "localhostProfile": "a" * 4096}},
            [("appArmorProfile.localhostProfile", "TooLong")],
        ),
        (
            {"appArmorProfile": {"type": "Unconfined", "localhostProfile": "a"}},
            [("appArmorProfile.localhostProfile", INVALID)],
        ),
        ({"appArmorProfile": {}}, [("appArmorProfile.type", REQUIRED)]),
        ({"allowPrivilegeEscalation": False}, []),
        ({"allowPrivilegeEscalation": False, "privileged": True}, [("", INVALID)]),
        ({"allowPrivilegeEscalation": False, "capabilities": {"add": ["CAP_SYS_ADMIN"]}}, [("", INVALID)]),
        ({"windowsOptions": {"gmsaCredentialSpecName": "A"}}, [("windowsOptions.gmsaCredentialSpecName", INVALID)]),
        ({"windowsOptions": {"gmsaCredentialSpec": ""}}, [("windowsOptions.gmsaCredentialSpec", INVALID)]),
        ({"windowsOptions": {"gmsaCredentialSpec": "x" * 65537}}, [("windowsOptions.gmsaCredentialSpec", INVALID)]),
    ],
)
def test_containers(context: Tree, expected: Found) -> None:
    found = of_container({"securityContext": context})
    assert found == [(f"securityContext.{field}".removesuffix("."), reason) for field, reason in expected]


def test_unmasked_proc_needs_a_user_namespace() -> None:
    assert of_container({"securityContext": {"procMount": "Unmasked"}}, {"hostUsers": False}) == []


@pytest.mark.parametrize(
    ("user", "rules"),
    [
        ("user", 0),
        ("DOMAIN\\user", 0),
        ("a.example\\user", 0),
        ("", 1),
        ("a\tb", 1),
        ("a\\b\\c", 1),
        (".x\\user", 1),
        ("DOMAIN\\", 1),
        ("..", 1),
        ("a@b", 1),
        ("u" * 105, 1),
        ("d" * 256 + "\\user", 2),
    ],
)
def test_windows_user_names(user: str, rules: int) -> None:
    found = of_container({"securityContext": {"windowsOptions": {"runAsUserName": user}}})
    assert found == [("securityContext.windowsOptions.runAsUserName", INVALID)] * rules


@pytest.mark.parametrize(
    ("context", "spec", "expected"),
    [
        (
            {"fsGroup": -1, "supplementalGroups": [0, -1]},
            {},
            [("fsGroup", INVALID), ("supplementalGroups[1]", INVALID)],
        ),
        ({"fsGroupChangePolicy": "always"}, {}, [("fsGroupChangePolicy", UNSUPPORTED)]),
        ({"supplementalGroupsPolicy": "x"}, {}, [("supplementalGroupsPolicy", UNSUPPORTED)]),
        ({"seLinuxChangePolicy": "MountOption"}, {}, [("seLinuxChangePolicy", UNSUPPORTED)]),
        ({}, {"shareProcessNamespace": True, "hostPID": True}, [("shareProcessNamespace", INVALID)]),
        ({"sysctls": [{"name": "net/ipv4/tcp_syncookies", "value": "1"}]}, {}, []),
        ({"sysctls": [{"name": "", "value": "1"}]}, {}, [("sysctls[0].name", REQUIRED)]),
        ({"sysctls": [{"name": "a" * 254, "value": "1"}]}, {}, [("sysctls[0].name", INVALID)]),
        ({"sysctls": [{"name": "net.x", "value": "1"}]}, {"hostNetwork": True}, [("sysctls[0].name", INVALID)]),
        ({"sysctls": [{"name": "net/ipv4.x", "value": "1"}]}, {"hostNetwork": True}, [("sysctls[0].name", INVALID)]),
        ({"sysctls": [{"name": "kernel.shmmax", "value": "1"}]}, {"hostIPC": True}, [("sysctls[0].name", INVALID)]),
        ({"sysctls": [{"name": "kernel.x", "value": "1"}]}, {"hostIPC": True, "hostNetwork": True}, []),
    ],
)
def test_pods(context: Tree, spec: Tree, expected: Found) -> None:
    found = of_spec({"securityContext": context, **spec})
    assert found == [(f"securityContext.{field}", reason) for field, reason in expected]


def test_operating_systems() -> None:
    assert of_spec({"os": {"name": "linux"}}) == []
    assert of_spec({"os": {"name": "windows"}}) == []
    assert of_spec({"os": {}}) == [("os.name", REQUIRED)]
    assert of_spec({"os": {"name": "Linux"}}) == [("os", UNSUPPORTED)]
    options: Tree = {"windowsOptions": {}}
    spec = {"os": {"name": "linux"}, "securityContext": options}
    assert of_container({"securityContext": options}, spec) == [
        ("securityContext.windowsOptions", FORBIDDEN),
        ("securityContext.windowsOptions", FORBIDDEN),
    ]


def test_what_windows_has_no_use_for() -> None:
    pod = {"fsGroup": 1, "seLinuxOptions": {}, "sysctls": [{"name": "a", "value": "b"}], "supplementalGroups": [1]}
    spec = {"os": {"name": "windows"}, "securityContext": pod, "hostPID": True, "hostUsers": True, "resources": {}}
    found = of_container({"securityContext": {"privileged": False, "capabilities": {}}}, spec)
    assert sorted(found) == [
        ("hostPID", FORBIDDEN),
        ("hostUsers", FORBIDDEN),
        ("resources", FORBIDDEN),
        ("securityContext.capabilities", FORBIDDEN),
        ("securityContext.fsGroup", FORBIDDEN),
        ("securityContext.privileged", FORBIDDEN),
        ("securityContext.seLinuxOptions", FORBIDDEN),
        ("securityContext.supplementalGroups", FORBIDDEN),
        ("securityContext.sysctls", FORBIDDEN),
    ]


def test_host_processes() -> None:
    process = {"windowsOptions": {"hostProcess": True}}
    assert of_spec({"securityContext": process, "hostNetwork": True}) == []
    assert of_spec({"securityContext": process}) == [("hostNetwork", INVALID)]
    contradicting = {"securityContext": {"windowsOptions": {"hostProcess": False}}}
    assert of_container(contradicting, {"securityContext": process, "hostNetwork": True}) == [
        ("securityContext.windowsOptions.hostProcess", INVALID)
    ]
    mixed = {"initContainers": [{"name": "i", "image": "x"}], "hostNetwork": True}
    assert of_container({"securityContext": process}, mixed) == [("spec.template.spec", INVALID)]
