"""Every example in a docstring says what happens."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import dsplan


def modules() -> Iterator[str]:
    yield "dsplan"
    for module in walk_packages(dsplan.__path__, "dsplan."):
        if not module.name.endswith("__main__"):
            yield module.name


@pytest.mark.parametrize("name", list(modules()))
def test_examples(name: str) -> None:
    result = doctest.testmod(import_module(name))
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples of {name}; see the output"


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(import_module(f"dsplan.{name}")).attempted for name in ("model.world", "diff.actions"))
