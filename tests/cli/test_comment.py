"""dsplan comment, and the action's script, against a stand-in of the forges' APIs on the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from tests.check.scenes import daemonset, node

from .test_sources import run

ROOT = Path(__file__).resolve().parents[2]
Comment = dict[str, Any]


class Forge(ThreadingHTTPServer):
    """Comments of one request, as GitHub and GitLab serve them; `calls` are verbs and paths."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[Comment] = []
        self.calls: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.redirect = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Forge

    def answer(self) -> None:
        path, _, query = self.path.partition("?")
        self.server.calls.append((self.command, path))
        self.server.tokens.add(self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or "")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        found: Any = None
        if self.server.redirect:
            self.send_response(302)
            self.send_header("Location", self.server.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.command == "GET":
            page = int(query.rpartition("page=")[2])
            found = self.server.comments[(page - 1) * 100 : page * 100]
        elif self.command == "POST":
            found = {"id": 1000 + len(self.server.comments), **body}
            self.server.comments.append(found)
        else:
            found = next(each for each in self.server.comments if str(each["id"]) == path.rpartition("/")[2])
            found.update(body)
        data = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def forge() -> Iterator[Forge]:
    server = Forge()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def github(forge: Forge, tmp_path: Path) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    return {
        "GITHUB_REPOSITORY": "acme/fleet",
        "GITHUB_API_URL": forge.url,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_TOKEN": "secret",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def comment(path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("GITHUB_REPOSITORY", "CI_MERGE_REQUEST_IID", "GITHUB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return run("comment", path)


def test_it_is_written_once_and_then_updated(
    forge: Forge, github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge.comments += [{"id": n, "body": "somebody else's <!-- dsplan -->"} for n in range(130)]
    text = tmp_path / "text.md"
    for content in ("one", "two", "two"):
        text.write_text(content)
        assert comment(text, github, monkeypatch).exit_code == 0
    own = [each["body"] for each in forge.comments if each["body"].startswith("<!-- dsplan -->")]
    assert own == ["<!-- dsplan -->\ntwo"]
    assert [verb for verb, _ in forge.calls if verb != "GET"] == ["POST", "PATCH"]
    assert forge.calls[-1][1] == "/repos/acme/fleet/issues/7/comments"
    assert forge.tokens == {"Bearer secret"}


def test_it_stays_below_the_limit(
    forge: Forge, github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "text.md"
    text.write_text("x" * 100_000)
    comment(text, github, monkeypatch)
    assert len(forge.comments[0]["body"]) == 65_536


def test_gitlab(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "text.md"
    known = {"CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "12", "CI_MERGE_REQUEST_IID": "3", "GITLAB_TOKEN": "t"}
    for content in ("one", "two"):
        text.write_text(content)
        assert comment(text, {**known, "no_proxy": "127.0.0.1"}, monkeypatch).exit_code == 0
    assert [each["body"] for each in forge.comments] == ["<!-- dsplan -->\ntwo"]
    assert forge.calls[-1] == ("PUT", "/projects/12/merge_requests/3/notes/1000")


def test_no_request_no_token_no_redirect(
    forge: Forge, github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "text.md"
    text.write_text("x")
    assert "nothing is sent" in comment(text, {}, monkeypatch).stderr
    without = comment(text, {**github, "GITHUB_TOKEN": ""}, monkeypatch)
    assert without.exit_code == 1
    assert "GITHUB_TOKEN is not set" in without.stderr
    forge.redirect = "http://127.0.0.1:1/"
    away = comment(text, github, monkeypatch)
    assert away.exit_code == 1
    assert "302" in away.stderr
    assert "secret" not in away.stderr + away.stdout


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 4)])
def test_the_script_of_the_action(
    forge: Forge, github: dict[str, str], tmp_path: Path, fail_on: str, code: int
) -> None:
    cluster = tmp_path / "cluster.json"
    items = [node("l1"), node("w1", labels={"kubernetes.io/os": "windows"})]
    cluster.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": items}))
    manifest = tmp_path / "agent.json"
    manifest.write_text(json.dumps(daemonset("agent")))
    summary = tmp_path / "summary.md"
    environment = {
        **os.environ,
        **github,
        "PYTHONPATH": str(ROOT / "engine"),
        "DSPLAN": f"{sys.executable} -m dsplan",
        "DSPLAN_FILES": str(manifest),
        "DSPLAN_CLUSTER": str(cluster),
        "DSPLAN_FAIL_ON": fail_on,
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    script = ROOT / ".github" / "actions" / "dsplan" / "check.sh"
    done = subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    assert "::warning file=" in done.stdout
    assert "DSP101" in done.stdout
    (found,) = forge.comments
    assert found["body"].startswith("<!-- dsplan check -->\n### dsplan check\n")
    assert "<details>" in found["body"]
    assert summary.read_text().startswith("### dsplan check")


def test_files_for_ci_are_what_their_readers_expect() -> None:
    action = yaml.safe_load((ROOT / ".github/actions/dsplan/action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    assert all("shell" in step for step in action["runs"]["steps"])
    assert not any("${{" in step["run"] for step in action["runs"]["steps"])
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [(hook["id"], hook["entry"]) for hook in hooks] == [
        ("dsplan-validate", "dsplan validate"),
        ("dsplan-check", "dsplan check"),
    ]
    job = yaml.safe_load((ROOT / ".gitlab/dsplan.yml").read_text())["dsplan check"]
    assert job["artifacts"]["reports"] == {"codequality": "gl-code-quality-report.json", "junit": "dsplan.xml"}
