"""Random objects made from the schema, for laws that hold for every object."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dsplan.apiserver.schema.kinds import SCALARS, Field, Shape, fields_of

_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "a", "nginx:latest", "RollingUpdate", "OnDelete", "Always"]),
    "bool": st.booleans(),
    "int32": st.integers(-1, 100),
    "int64": st.integers(-1, 100),
    "quantity": st.sampled_from(["0", "1000m", "0.1m", "1.5Gi", "1e3", 1, 0.5, "+1"]),
    "intOrString": st.integers(0, 9) | st.sampled_from(["10%", "http"]),
    "time": st.sampled_from(["2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00"]),
    "raw": st.just({"any": [None]}),
}


@st.composite
def trees(draw: st.DrawFn, struct: str, depth: int = 9) -> dict[str, Any]:
    """A struct of the schema with a few of its fields, some of them null, down to `depth` levels."""
    fields = fields_of(struct)
    names = draw(st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=4 if depth else 0))
    return {name: draw(st.none() | values(fields[name], depth - 1)) for name in names}


def values(field: Field, depth: int) -> st.SearchStrategy[Any]:
    one = _SCALARS[field.type] if field.type in SCALARS else trees(field.type, max(depth, 0))
    if field.shape is Shape.LIST:
        return st.lists(one, max_size=2)
    if field.shape is Shape.MAP:
        return st.dictionaries(st.sampled_from(["cpu", "memory", "a/b"]), one | st.none(), max_size=2)
    return one


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(1.0) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@st.composite
def malformed(draw: st.DrawFn, struct: str, depth: int = 9) -> Any:
    """A struct of the schema in which any value may be of any JSON type."""
    fields = fields_of(struct)
    names = draw(st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=4 if depth else 0))
    out: dict[str, Any] = {}
    for name in names:
        nested = fields[name].type not in SCALARS and draw(st.integers(0, 3)) > 0
        value = draw(malformed(fields[name].type, max(depth - 1, 0)) if nested else json_values)
        out[name] = [value] if nested and fields[name].shape is Shape.LIST else value
    return out
