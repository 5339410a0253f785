"""A fuzzer for everything between bytes and a World: no input may end in a traceback, and fast must equal exact.

    python -m tests.fuzz.reading --inputs 1000000            a million inputs (about 15 minutes on one core)
    python -m tests.fuzz.reading --seconds 60 --seed 7       for a minute, another sequence
    python -m tests.fuzz.reading --engine hypothesis         slower, but shrinks what it finds
    python -m tests.fuzz.reading --engine atheris -- -runs=1000000    guided by coverage, where atheris is installed

Inputs are mutations of the small files in `seeds/`: pieces cut, doubled, exchanged between files, and bytes or tokens
that mean something to YAML, JSON, gzip or UTF-8 put in. An input that fails is written beside the seeds as
`crash-<hash>`; add it to the tests when its cause is repaired. Exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from dsplan.apiserver.validation.validate import validate
from dsplan.errors import InputError, Problem
from dsplan.manifests.load import world_of
from dsplan.reading.objects import RawObject
from dsplan.reading.read import Found, stream

SEEDS = Path(__file__).parent / "seeds"
TOKENS = [
    *(
        token.encode()
        for token in (
            "\n", "\r\n", "\r", "\t", " ", "  ", "- ", "-", ": ", ":", "?", "? ", "#", " #", "{", "}", "[", "]", ",",
            "&a ", "*a", "!!int ", "! ", "!x ", "|", ">", "|-\n", "'", '"', "\\", "\\x4", "\\u00e9", "\\ud83d",
            "%YAML 1.1\n", "---\n", "...\n", "<<: ", "~", "null", "yes", "0x", "1e999", ".inf", "9" * 40, "-", "0", "é",
            "\u2028", "\ufeff", "\x00", "\x85", "apiVersion: v1\n", "kind: List\n", "items:\n", "metadata: ", "NaN",
            '{"kind":"List","apiVersion":"v1","items":[', "replicas: 99999999999999999999", "{index:09}", "name: ",
            "100%", "Ki", "m", "[" * 300, "{a: " * 300, " " * 1100,
        )
    ),
    b"\xff", b"\xfe\xff", b"\xff\xfe", b"\x1f\x8b", b"\xed\xa0\x80", b"\xc3", b"\x80",
]  # fmt: skip


def seeds() -> list[bytes]:
    """Return the seed corpus in the order of the names."""
    return [path.read_bytes() for path in sorted(SEEDS.iterdir()) if not path.name.startswith("crash-")]


def mutate(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Return `data` after one to six changes."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + int(chance.expovariate(0.1)))
        kind = chance.randrange(6)
        if kind == 0:
            data = data[:at] + data[to:]
        elif kind == 1:
            data = data[:to] + data[at:to] * chance.choice((1, 1, 2, 50)) + data[to:]
        elif kind == 2:
            other = chance.choice(others)
            begin = chance.randrange(len(other))
            data = data[:at] + other[begin : begin + int(chance.expovariate(0.02))] + data[to:]
        elif kind == 3:
            data = data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]
        else:
            data = data[:at] + chance.choice(TOKENS) + data[chance.choice((at, to)) :]
    return data[:20_000]


def check(data: bytes) -> None:
    """Read `data` both ways, decode and validate it; anything but an InputError is a finding."""
    fast = read_all(data, exact=False)
    exact = read_all(data, exact=True)
    undecided = ("SyntaxError", "LimitExceeded")  # Which objects of such a document are still seen is not promised.
    if not any(isinstance(found, Problem) and found.reason in undecided for found in exact):
        assert signature(fast) == signature(exact), "the fast path disagrees with the exact path"
    for found in fast:
        if isinstance(found, RawObject):
            for problem in validate(found.tree)[:3]:
                found.origin.position(problem.field, problem.value)
    try:
        world_of(fast)
    except InputError as error:
        for problem in error.problems:
            str(problem)


def read_all(data: bytes, *, exact: bool) -> list[Found]:
    """Return what standard input with `data` holds."""
    return list(stream(["-"], io.BytesIO(data), exact=exact))


def signature(found: list[Found]) -> tuple[list[str], list[str]]:
    """Return what two readings of one input must have in common: objects, and problems with notes."""
    objects = [item for item in found if isinstance(item, RawObject)]
    return (
        [
            f"{one.api_version} {one.kind} {one.origin.pointer} {json.dumps(one.tree, sort_keys=True)}"
            for one in objects
        ],
        sorted(str(item) for item in found if not isinstance(item, RawObject)),
    )


def attempt(data: bytes) -> bool:
    """Check one input; returns whether it failed, after writing it down."""
    try:
        check(data)
    except Exception:
        path = SEEDS / f"crash-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        print(f"FAILED, written to {path}")
        traceback.print_exc()
        return True
    return False


def run_mutator(inputs: int, seconds: float, seed: int) -> int:
    """Try `inputs` mutations, or for `seconds`; returns the exit code."""
    corpus, chance = seeds(), random.Random(seed)
    began, failed, number = time.perf_counter(), 0, 0
    while number < inputs and time.perf_counter() - began < seconds and failed < 10:
        number += 1
        failed += attempt(mutate(chance.choice(corpus), chance, corpus))
    print(f"{number} inputs, {failed} failed, {number / (time.perf_counter() - began):.0f} a second")
    return 1 if failed else 0


def run_hypothesis(inputs: int) -> int:
    """Let Hypothesis choose and shrink; returns the exit code."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    corpus = seeds()
    text = st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join),
        st.builds(
            lambda data, at, token, drop: data[:at] + token + data[at + drop :],
            st.sampled_from(corpus),
            st.integers(0, 1500),
            st.sampled_from(TOKENS),
            st.integers(0, 40),
        ),
    )
    target: Callable[[], None] = settings(
        max_examples=inputs, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )(given(text)(check))
    target()
    print(f"{inputs} inputs, 0 failed")
    return 0


def run_atheris(arguments: list[str]) -> int:
    """Hand over to atheris; it never returns but by its own exit code."""
    import atheris

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *arguments, str(SEEDS)], check)
    atheris.Fuzz()
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.reading", description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=("mutator", "hypothesis", "atheris"), default="mutator")
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("rest", nargs="*", help="arguments for atheris, after --")
    options = parser.parse_args(arguments)
    if options.engine == "hypothesis":
        return run_hypothesis(options.inputs)
    if options.engine == "atheris":
        return run_atheris(options.rest)
    return run_mutator(options.inputs, options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
