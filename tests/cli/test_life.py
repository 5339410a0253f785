"""Planned, approved, carried out, done: the three questions about a plan, on the recorded life of real roll-outs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dsplan.cli import cli
from dsplan.errors import InputError

LIVE = Path(__file__).resolve().parents[2] / ".." / "shared" / "live"
EXPERIMENTS = sorted(path for path in LIVE.glob("*") if path.is_dir()) if LIVE.exists() else []
pytestmark = pytest.mark.skipif(not EXPERIMENTS, reason="the live recordings are not beside this checkout")

OFF_COURSE = {
    "12-taint-noschedule-then-template": "the node is no longer wanted",
    "18-node-joins-in-rollout": "",
    "20-undo-in-the-middle-20pct": "its template was taken back",
    "24-second-template-slow": "another template was applied since",
    "34-too-large-memory": "unplaced, not foreseen: Insufficient memory",
    "36-crash-loop-flapping": "failing: CrashLoopBackOff",
    "38-image-pull-backoff-undone": "its template was taken back",
    "56-orphan-recreate-changed": "the DaemonSet was deleted and made anew",
    "64-two-bad-nodes-mu3": "failing: ",
}
"""Experiments after which the plan has not been carried out, and the true reason; "" is none."""

STILL = {
    "50-notready-two-of-three",
    "54-quota-template",
    "58-adopt-orphan-duplicate",
    "62-silent-nodes-two-of-three",
}
"""Pods on nodes that do not answer stay terminating for good; who is refused by a quota is asked for for ever; a pod
that was applied and is gone again looks as one that was not applied yet."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def a_plan(folder: Path, out: Path, *more: str) -> Result:
    manifest = folder / "change.yaml"
    files = [str(manifest)] if manifest.exists() else []
    taken = (folder / "taken.txt").read_text().strip()
    cluster = ["--cluster", str(folder / "before.json.gz"), "--now", taken]
    return run("solve", *files, *cluster, "--out", str(out), *more)


def status(plan: Path, folder: Path, name: str) -> Result:
    return run("show", str(plan), "--status", "--cluster", str(folder / f"{name}.json.gz"), "--exit-code")


@pytest.mark.parametrize("folder", EXPERIMENTS, ids=lambda path: path.name)
def test_planned_before_on_course_in_the_middle_done_after(folder: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    done = a_plan(folder, plan)
    assert done.exit_code == 0, done.output
    checked = run("verify", str(plan))
    assert checked.exit_code == 0, checked.output
    assert "everything holds" in checked.output
    before, after = status(plan, folder, "before"), status(plan, folder, "after")
    nothing = "nothing was to do" in before.output
    assert before.exit_code == (0 if nothing else 3), before.output
    assert "done as planned: nothing" in before.output or "on course" in before.output
    if OFF_COURSE.get(folder.name):
        assert after.exit_code == 4
        assert after.output.startswith("off course: ")
        assert OFF_COURSE[folder.name] in after.output
    elif folder.name in STILL:
        assert after.exit_code == 3
        assert "under way" in after.output
        assert after.output.endswith(", on course\n")
    else:
        assert after.exit_code == 0, after.output
        assert after.output.startswith("done as planned")


def experiment(start: str) -> Path:
    return next(path for path in EXPERIMENTS if path.name.startswith(start))


def test_in_the_middle_it_counts_what_is_done_and_under_way(tmp_path: Path) -> None:
    folder, plan = experiment("08"), tmp_path / "plan.json"
    a_plan(folder, plan)
    during = status(plan, folder, "during")
    assert during.output == "10 of 21 replaced, 5 under way, on course\n"
    assert during.exit_code == 3
    without = run("show", str(plan), "--status", "--cluster", str(folder / "during.json.gz"))
    assert without.exit_code == 0


def test_drift_tells_each_change_by_the_evidence_of_its_pod(tmp_path: Path) -> None:
    folder, plan = experiment("08"), tmp_path / "plan.json"
    a_plan(folder, plan)
    wide = run("drift", str(plan), "--cluster", str(folder / "after.json.gz"), "-o", "wide")
    assert wide.exit_code == 0
    assert "replace 21, done as planned" in wide.output
    assert wide.output.count("uid ") == 21
    assert wide.output.endswith("Done as planned: 21 of 21 replaced.\n")
    during = run("drift", str(plan), "--cluster", str(folder / "during.json.gz"))
    assert "under way" in during.output
    assert "still to do" in during.output


def test_a_manifest_that_was_not_applied_yet_is_laid_over(tmp_path: Path) -> None:
    """One second later, with nothing changed, all of it is still to do."""
    folder, plan = experiment("26"), tmp_path / "plan.json"
    a_plan(folder, plan)
    before = status(plan, folder, "before")
    assert before.output == "0 of 24 replaced, on course\n"


def test_verify_refuses_another_world(tmp_path: Path) -> None:
    folder, plan = experiment("08"), tmp_path / "plan.json"
    a_plan(folder, plan)
    for name in ("during", "after"):
        answer = run("verify", str(plan), "--cluster", str(folder / f"{name}.json.gz"))
        assert isinstance(answer.exception, InputError)
        assert "not the world of this plan; use drift" in str(answer.exception.problems[0])
        assert "everything holds" not in answer.output


def test_a_plan_with_its_world_is_verified_where_nothing_else_is(tmp_path: Path) -> None:
    folder, plan = experiment("42"), tmp_path / "plan.json"
    done = a_plan(folder, plan, "--with-world")
    assert "the plan has its world in it" in done.output
    text = plan.read_text().replace(str(folder), "/nowhere")
    moved = tmp_path / "moved.json"
    moved.write_text(text)
    answer = run("verify", str(moved))
    assert "everything holds" not in answer.output
    assert answer.exit_code == 4
    kept = run("verify", str(plan))
    assert kept.exit_code == 0
    assert "everything holds" in kept.output
    assert "Not checked: reading of files" in kept.output


def test_a_plan_whose_manifest_is_gone_is_still_followed(tmp_path: Path) -> None:
    folder, plan = experiment("08"), tmp_path / "plan.json"
    manifest = tmp_path / "change.yaml"
    manifest.write_bytes((folder / "change.yaml").read_bytes())
    cluster = ["--cluster", str(folder / "before.json.gz"), "--now", (folder / "taken.txt").read_text().strip()]
    assert run("solve", str(manifest), *cluster, "--out", str(plan), "--with-world").exit_code == 0
    manifest.unlink()
    assert "everything holds" in run("verify", str(plan)).output
    after = status(plan, folder, "after")
    assert "done as planned: 21 of 21 replaced" in after.output
    assert "is not there any more" in after.output


def test_a_plan_of_one_namespace_speaks_of_that_alone(tmp_path: Path) -> None:
    """With -n nothing else is planned, and nothing else is missed or new afterwards."""
    folder, plan = experiment("54"), tmp_path / "plan.json"
    a_plan(folder, plan, "-n", "own")
    assert run("verify", str(plan)).exit_code == 0
    before = status(plan, folder, "before")
    assert before.output == "done as planned: nothing was to do\n"
