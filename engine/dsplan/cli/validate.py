"""`dsplan validate`: what an API server would refuse."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from .failures import BAD_INPUT
from .options import output_option
from .sinks import write
from .sources import limit_option

if TYPE_CHECKING:
    from ..reading.read import Found
    from ..report.problems import Outcome


@click.command()
@click.argument("files", nargs=-1, metavar="FILE|DIR|-...")
@click.option("-f", "--filename", "more", multiple=True, metavar="FILE", help="Another FILE; repeatable.")
@click.option("--cluster", multiple=True, metavar="FILE", help="The cluster that FILE is to be applied to. Repeatable.")
@limit_option
@output_option("table", "json", "github", "sarif", "junit")
def command(files: tuple[str, ...], more: tuple[str, ...], cluster: tuple[str, ...], output: str) -> None:
    """Print everything in FILE that an API server v1.36 would refuse, with lines. Exits with 1 if there is anything.

    With --cluster also changes of immutable fields of objects that are there already.

    Nodes, Pods, DaemonSets, ControllerRevisions and PriorityClasses are judged by every rule, also those of a dump;
    of other kinds what planning reads is looked at. -o github prints annotations for pull requests.
    """
    from ..document.encoding import as_json
    from ..report import problems

    paths = (*files, *more)
    if not paths:
        raise click.UsageError("name a FILE, a directory, or - for standard input")
    if cluster and "-" in paths:
        raise click.UsageError("with --cluster the manifests have to be files")
    outcome = _outcome(paths)
    if cluster:
        outcome = _with_updates(outcome, paths, cluster)
    if output == "table":
        text = problems.problems_text(outcome)
    elif output == "github":
        text = problems.github(outcome)
    elif output == "junit":
        text = problems.junit(outcome)
    else:
        text = as_json(problems.sarif(outcome) if output == "sarif" else problems.problems_json(outcome))
    write(text, output)
    if outcome.problems:
        sys.exit(BAD_INPUT)


def _outcome(paths: tuple[str, ...]) -> Outcome:
    from ..apiserver.judging import Checks
    from ..manifests.load import TYPES, problems_of
    from ..reading.read import stream
    from ..report.problems import Outcome
    from .progress import progress_bar

    objects: Counter[str] = Counter()
    with progress_bar() as bar:
        found = stream(paths, types=TYPES, progress=bar.read)
        problems = problems_of(_counted(found, objects), checks=Checks("strict", trust_stored=False))
    sources = {*objects, *(problem.source for problem in problems if problem.source)}
    return Outcome(problems=problems, sources=tuple(sorted(sources)), objects=objects.total())


def _with_updates(outcome: Outcome, paths: tuple[str, ...], cluster: tuple[str, ...]) -> Outcome:
    """Add what is refused because the cluster has the object already; of files that cannot be read nothing is said."""
    import msgspec

    from ..errors import InputError
    from ..manifests.load import load
    from ..manifests.updates import refused_updates

    stored = load(cluster)
    try:
        manifests = load(paths, validate=False)
    except InputError:
        return outcome
    return msgspec.structs.replace(outcome, problems=(*outcome.problems, *refused_updates(stored, manifests)))


def _counted(found: Iterable[Found], objects: Counter[str]) -> Iterator[Found]:
    """Yield what was found, counting the objects of each source."""
    from ..reading.objects import RawObject

    for item in found:
        if isinstance(item, RawObject):
            objects[item.origin.source.name] += 1
        yield item
