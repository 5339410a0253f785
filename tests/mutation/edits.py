"""The edits: one operator, constant or condition of a function exchanged for its neighbour."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Edit", "edits_of"]

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.FloorDiv: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Edit:
    """A piece of a file, as offsets into its text, and what stands there instead."""

    file: Path
    line: int
    start: int
    end: int
    new: str
    old: str

    def applied(self, text: str) -> str:
        """Return the text of the file with the edit."""
        return text[: self.start] + self.new + text[self.end :]

    def told(self, below: Path) -> str:
        """Return the edit as text, its file below a folder."""
        return str(self).replace(f"{below}/", "")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.old!r} -> {self.new!r}"


def edits_of(file: Path, text: str) -> list[Edit]:
    """Return every edit of a file, in the order of its lines.

    >>> [str(edit) for edit in edits_of(Path("x.py"), "def f(a):\\n    return a < 3 and not a\\n")]
    ["x.py:2: 'a < 3 and not a' -> '(a < 3) or (not a)'", "x.py:2: 'a < 3' -> '(a) <= (3)'", "x.py:2: '3' -> '4'", \
"x.py:2: 'not a' -> '(a)'"]
    """
    reader = _Reader(file, text)
    found = [edit for function in _functions(ast.parse(text)) for edit in reader.of_function(function)]
    unique = {(edit.start, edit.end, edit.new): edit for edit in found}
    return sorted(unique.values(), key=lambda edit: (edit.line, edit.start, -edit.end))


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not any(_name(entry) == "overload" for entry in node.decorator_list):
            yield node


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


class _Reader:
    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._text = text
        lines = text.encode().splitlines(keepends=True)
        self._starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
        self._bytes = text.encode()

    def of_function(self, function: ast.FunctionDef) -> Iterator[Edit]:
        for statement in function.body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                for node in self._inside(statement):
                    yield from self._of_node(node)

    def _inside(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes of a statement, but for annotations, checks of itself, f-strings and what is raised."""
        if isinstance(node, ast.Assert | ast.Raise | ast.JoinedStr | ast.FunctionDef):
            return
        yield node
        for name, child in ast.iter_fields(node):
            if name == "annotation" or (isinstance(node, ast.keyword) and node.arg == "strict"):
                continue
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.AST):
                    yield from self._inside(one)

    def _of_node(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.expr):
            new = self._of_expression(node)
            if new:
                yield self._edit(node, new)
        if isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield self._edit(node.test, f"not ({self._source(node.test)})")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield self._edit(node, "pass")

    def _of_expression(self, node: ast.expr) -> str:
        """Return what an expression becomes, empty where it has no neighbour."""
        source = self._source
        match node:
            case ast.Compare(left, [operator], [right]) if type(operator) in _COMPARISONS:
                return f"({source(left)}) {_COMPARISONS[type(operator)]} ({source(right)})"
            case ast.BoolOp(operator, values):
                word = " or " if isinstance(operator, ast.And) else " and "
                return word.join(f"({source(value)})" for value in values)
            case ast.UnaryOp(ast.Not(), operand):
                return f"({source(operand)})"
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
                return f"({source(left)}) {_OPERATORS[type(operator)]} ({source(right)})"
            case ast.Name(name, ast.Load()) if name in _CALLS:
                return _CALLS[name]
            case ast.Constant(bool() as value):
                return str(not value)
            case ast.Constant(int() as value):
                return str(value + 1)
        return ""

    def _place(self, line: int, column: int) -> int:
        """Return the offset in characters of a place as the parser counts it, in bytes."""
        return len(self._bytes[: self._starts[line - 1] + column].decode())

    def _source(self, node: ast.AST) -> str:
        return ast.get_source_segment(self._text, node) or ""

    def _edit(self, node: ast.AST, new: str) -> Edit:
        start = self._place(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = self._place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return Edit(self._file, node.lineno, start, end, new, self._text[start:end])  # type: ignore[attr-defined]
