"""The stand-in as a pytest fixture: `pytest_plugins = ["dsplan.testing.apiserver.fixture"]` in a conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .standin import StandIn

__all__ = ["api_server"]


@pytest.fixture
def api_server() -> Iterator[Callable[..., StandIn]]:
    """Return what starts a StandIn; its arguments are StandIn's. All are stopped when the test ends.

    A test in which anything was asked for that the stand-in does not do (501) fails.
    """
    with ExitStack() as started:
        yield lambda *objects, **named: started.enter_context(StandIn(*objects, **named))
