"""`dsplan comment`: one comment under a pull or merge request, written once and then kept up to date."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from .sinks import tell

if TYPE_CHECKING:
    from .comment_places import Place

_MOST = 65_536
_CUT = "\n\n... cut here; the log of the job has all of it.\n"


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--name", default="dsplan", show_default=True, help="Which comment: each name has one of its own.")
def command(file: str, name: str) -> None:
    """Put the markdown in FILE under the pull request or merge request that this job runs for.

    On GitHub with GITHUB_TOKEN, on GitLab with GITLAB_TOKEN; all else is read from the job's environment. A comment of
    this name that is there already is updated, so that there is never a second one. Outside of a request, nothing is
    sent.
    """
    from .comment_places import place_of

    text = _body(_read(file), name)
    place = place_of(os.environ, _event())
    if place is None:
        tell("note: no pull request and no merge request: nothing is sent")
        return
    tell(_put(place, text, _mark(name)))


def _read(file: str) -> str:
    from ..errors import InputError, Problem

    try:
        if file == "-":
            return sys.stdin.read()
        with open(file, encoding="utf-8") as opened:
            return opened.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.of([Problem(reason="Unreadable", message=str(error), source=file)]) from error


def _mark(name: str) -> str:
    """Return the line that tells this comment from others; it is not shown."""
    return f"<!-- {''.join(sign for sign in name if sign.isalnum() or sign in '-_. ')} -->"


def _body(text: str, name: str) -> str:
    """Return the comment, never longer than a forge takes."""
    whole = f"{_mark(name)}\n{text}"
    return whole if len(whole) <= _MOST else whole[: _MOST - len(_CUT)] + _CUT


def _event() -> dict[str, Any]:
    """Return what GitHub says of the event that started the job; empty where it says nothing."""
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    if not path or not os.path.isfile(path):
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _put(place: Place, text: str, mark: str) -> str:
    """Write or update the comment, and return what was done."""
    from .comment_places import call

    for page in range(1, 101):
        comments = call(place, "GET", f"{place.list_url}?per_page=100&page={page}")
        for comment in comments if isinstance(comments, list) else ():
            if isinstance(comment, dict) and str(comment.get("body", "")).startswith(mark):
                if comment.get("body") == text:
                    return "the comment is up to date"
                call(place, place.update_verb, f"{place.update_url}/{int(comment['id'])}", {"body": text})
                return "the comment was updated"
        if not isinstance(comments, list) or len(comments) < 100:
            break
    call(place, "POST", place.list_url, {"body": text})
    return "the comment was written"
