"""The recorded situations: no more begins than a careful operator would let begin, with State as the story made it."""

from __future__ import annotations

import pytest

from tests.policies.walk.situations import SITUATIONS


@pytest.mark.parametrize("name", sorted(SITUATIONS))
def test_no_more_begins_than_a_careful_operator_would_let(name: str) -> None:
    assert SITUATIONS[name]().wrong() == ""
