"""Image references: every production of the grammar, and what real API servers decided (D6, X2)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.apiserver.defaulting import default_pull_policy

SHA256 = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:latest",
        "library/nginx",
        "docker.io/nginx",
        "index.docker.io/nginx",
        "localhost/nginx",
        "localhost:5000/nginx:latest",
        "REG.example/nginx",
        "Reg/nginx",
        "[fd00::1]:5000/x:latest",
        "127.0.0.1/x",
        "my_image",
        "my__image",
        "my---image",
        "a.b/c",
        "x:1/y",
        "my_reg.io/x",
        "a__b.c/d/e:latest",
        "my_reg.io/" + "a" * 245,
        f"nginx:latest@{SHA256}",
        "x:latest@sha512:" + "f" * 128,
        "a" * 247,
        "f" * 63,
    ],
)
def test_latest_by_name_or_by_default_is_always_pulled(image: str) -> None:
    assert default_pull_policy(image) == "Always"


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1",
        "nginx:Latest",
        f"nginx@{SHA256}",
        f"nginx:1.2@{SHA256}",
        "reg.io:5000/a/b:v1",
        "x:" + "a" * 128,
    ],
)
def test_other_tags_and_digests_are_pulled_if_absent(image: str) -> None:
    assert default_pull_policy(image) == "IfNotPresent"


@pytest.mark.parametrize(
    "image",
    [
        "",
        "$(IMAGE)",
        "REPLACE_ME",
        "NGINX",
        "nginx:",
        "nginx:latest ",
        " nginx",
        "nginx\n",
        "-x",
        "x-",
        "my___image",
        "a..b",
        "/x",
        "x/",
        "a//b",
        "x:.a",
        "x:" + "a" * 129,
        "x@sha256:abc",
        "x:latest@sha256:" + "a" * 63,
        "x:latest@sha256:" + "A" * 64,
        "x:latest@md5:" + "a" * 32,
        "x:latest@",
        "-reg.io/x",
        "reg.io:port/x",
        "my_reg.io:5000/x",
        "my_reg.io/x:1",
        "My_reg.io/x",
        "my_reg.io/" + "a" * 246,
        f"my_reg.io/x@{SHA256}",
        "reg.io:/x",
        "[fd00::1/x",
        "[fd00::g]/x",
        "f" * 64,
        "a" * 248,
        "\u0441afe",
        None,
        5,
    ],
)
def test_what_does_not_parse_is_pulled_if_absent(image: object) -> None:
    assert default_pull_policy(image) == "IfNotPresent"


@settings(max_examples=100)
@given(st.from_regex(r"[a-z0-9]{1,5}([._]|__|-{1,3})?[a-z0-9]{1,5}(/[a-z0-9]{1,5}){0,2}", fullmatch=True))
def test_a_name_means_its_latest_tag(name: str) -> None:
    """Failed when the default domain was not put in front of names with one component."""
    assert default_pull_policy(name) == default_pull_policy(f"{name}:latest") == "Always"
    assert default_pull_policy(f"{name}:v1") == default_pull_policy(f"{name}@{SHA256}") == "IfNotPresent"


def test_a_long_reference_ends_quickly() -> None:
    assert default_pull_policy("a-" * 500_000) == "IfNotPresent"
    assert default_pull_policy("a" * 1_000_000) == "IfNotPresent"
