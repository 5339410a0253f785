"""`dsplan schema`: JSON Schemas of dsplan's own kinds."""

from __future__ import annotations

import os

import click

from .sinks import write

_KINDS = ("Plan", "NodePool", "Expectation", "RolloutPolicy", "PlacementPolicy")


@click.command()
@click.argument("kind", required=False, type=click.Choice(_KINDS, case_sensitive=False))
@click.option("--out", metavar="FOLDER", help="Write the schemas of all kinds to files there.")
def command(kind: str | None, out: str | None) -> None:
    """Print the JSON Schema of KIND, for editors and for programs that read plans.

    `dsplan schema --out specs/schema` writes those of all kinds.
    """
    from ..report.schemas import SCHEMAS, schema_text
    from .output_files import write_whole

    if (kind is None) == (out is None):
        raise click.UsageError("name a KIND, or a folder with --out")
    if kind is not None:
        write(schema_text(kind), "json")
        return
    for name in SCHEMAS:
        write_whole(os.path.join(str(out), f"{name.lower()}.json"), schema_text(name).encode(), private=False)
