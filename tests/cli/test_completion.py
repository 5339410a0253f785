"""Completion of names from the file, for each shell and for kubectl."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from dsplan.cli import VARIABLE, cli
from dsplan.cli.completion import kubectl_complete

from .test_why import CLUSTER, run


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER)
    return str(path)


def complete(*words: str) -> list[str]:
    found = ShellComplete(cli, {}, "dsplan", VARIABLE).get_completions(list(words[:-1]), words[-1])
    return [item.value for item in found if item.type == "plain"]


def test_names_come_from_the_file(cluster: str) -> None:
    assert complete("why", cluster, "") == ["agent", "everywhere", "cp", "n1", "n2"]
    assert complete("why", "-f", cluster, "a") == ["agent"]
    assert complete("why", cluster, "agent", "n") == ["n1", "n2"]


def test_edits_complete_what_they_edit(cluster: str) -> None:
    assert complete("solve", cluster, "--set", "ds/") == ["ds/agent:", "ds/everywhere:"]
    assert complete("solve", cluster, "--taint", "node/n") == ["node/n1:", "node/n2:"]
    assert complete("solve", cluster, "--cordon", "c") == ["cp"]


def test_an_unreadable_file_completes_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("{")
    assert complete("why", str(broken), "a") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed_and_parses(shell: str, tmp_path: Path) -> None:
    script = run("completion", shell).output
    assert f"{VARIABLE}={shell}_complete" in script
    program = shutil.which(shell)
    if program is None:
        assert "dsplan" in script
        return
    path = tmp_path / "script"
    path.write_text(script)
    subprocess.run([program, "-n", str(path)], check=True)


def test_bash_completes_a_name(cluster: str) -> None:
    code = "import sys; sys.argv[0] = 'dsplan'; from dsplan.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PYTHONPATH": ":".join(sys.path),
            VARIABLE: "bash_complete",
            "COMP_WORDS": f"dsplan why {cluster} ev",
            "COMP_CWORD": "3",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.split() == ["plain,everywhere"], found.stderr


def test_kubectl_gets_lines_and_a_directive(
    cluster: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-dsplan", "why", cluster, "agent", "n"])
    kubectl_complete()
    assert capsys.readouterr().out.split() == ["n1", "n2", ":4"]


def test_the_plugin_calls_itself_kubectl_dsplan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dsplan.cli import main

    monkeypatch.setattr(sys, "argv", ["/usr/bin/kubectl-dsplan", "why", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out.startswith("Usage: kubectl dsplan why")
