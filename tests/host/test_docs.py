"""The examples of docs/host.md run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "host.md"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def test_the_stand_in_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(blocks()[1], "docs/host.md", "exec"), {})
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


def test_the_host_of_the_guide_names_what_there_is() -> None:
    source = blocks()[0].replace("asyncio.run(main())", "")
    scope: dict[str, object] = {}
    exec(compile(source, "docs/host.md", "exec"), scope)
    assert {"Host", "HostOptions", "open_client", "main"} <= scope.keys()


def test_every_name_in_the_guide_is_public() -> None:
    import dsplan.host
    import dsplan.testing.apiserver

    text = DOCS.read_text(encoding="utf-8")
    for name in ("save_state", "load_state", "switch_to_on_delete", "MissingRights", "Client"):
        assert name in text
        assert name in dsplan.host.__all__
    for name in ("run_virtually", "DirectClient", "VirtualTime", "StandIn", "Fault", "is_write"):
        assert name in text
        assert name in dsplan.testing.apiserver.__all__
