"""A list of broken engines, made from its sources: each differs in one operator, constant, condition or call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[2] / "engine"

FILES = (
    "constraints/node_affinity.py",
    "constraints/placement_fields.py",
    "constraints/tolerations.py",
    "model/selectors.py",
    "model/pod.py",
    "eligibility/accounting.py",
    "eligibility/index.py",
    "eligibility/propagation.py",
    "eligibility/verdicts.py",
    "observe/groups.py",
    "observe/history.py",
    "observe/observed.py",
    "observe/ownership.py",
    "observe/shape.py",
    "observe/status.py",
    "diff/budget.py",
    "diff/manage.py",
    "diff/order.py",
    "diff/rolling.py",
    "diff/shapes.py",
    "passes/forecast.py",
    "passes/governed.py",
    "passes/memory.py",
    "passes/pass_actions.py",
    "passes/step.py",
    "waves/bound.py",
    "waves/ceilings.py",
    "waves/greedy.py",
    "waves/schedule.py",
    "policies/assemble.py",
    "policies/limits.py",
    "policies/rates.py",
    "policies/steps.py",
    "placement/filters/demand.py",
    "placement/filters/fits.py",
    "placement/filters/node_load.py",
    "placement/filters/ports.py",
    "placement/filters/requests.py",
    "placement/scheduler/arrivals.py",
    "placement/scheduler/preemption.py",
    "placement/scheduler/queue.py",
    "placement/scheduler/prediction.py",
    "planner/solve.py",
    "report/documents/plan.py",
)
"""What a plan is made by, but for what the checker takes on trust."""

_COMPARE = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
_CALLS = {"max": "min", "min": "max", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Broken:
    """A file of the engine with one thing changed. `number` counts what can be changed in it."""

    file: str
    number: int
    line: int
    what: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}#{self.number} {self.what}"


def broken_engines(files: tuple[str, ...] = FILES) -> Iterator[Broken]:
    """Yield every variant of every file, always in the same order."""
    for file in files:
        path = ENGINE / "dsplan" / file
        text = path.read_text(encoding="utf-8")
        total = _count(text)
        for number in range(total):
            tree = ast.parse(text)
            change = _Change(number)
            changed = change.visit(tree)
            yield Broken(file, number, change.line, change.what, ast.unparse(changed))


def _count(text: str) -> int:
    change = _Change(-1)
    change.visit(ast.parse(text))
    return change.seen


class _Change(ast.NodeTransformer):
    """Changes the place of one number, counting from 0; with -1 it only counts."""

    def __init__(self, number: int) -> None:
        self.number, self.seen, self.line, self.what = number, 0, 0, ""

    def _is_it(self, node: ast.AST, what: str) -> bool:
        self.seen += 1
        if self.seen - 1 != self.number:
            return False
        self.line, self.what = getattr(node, "lineno", 0), what
        return True

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        other = _COMPARE.get(type(node.ops[0]))
        if other is not None and self._is_it(node, f"{type(node.ops[0]).__name__} to {other.__name__}"):
            node.ops[0] = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._is_it(node, "and/or"):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return node.operand if isinstance(node.op, ast.Not) and self._is_it(node, "not dropped") else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = _ARITHMETIC.get(type(node.op))
        is_type = isinstance(node.op, ast.BitOr) and _is_annotation(node)
        if other is not None and not is_type and self._is_it(node, f"{type(node.op).__name__} to {other.__name__}"):
            node.op = other()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._is_it(node, f"{node.value} to {node.value + 1}"):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            other = _CALLS[node.func.id]
            if self._is_it(node, f"{node.func.id} to {other}"):
                node.func = ast.copy_location(ast.Name(other, ast.Load()), node.func)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._is_it(node, "if never"):
            node.test = ast.copy_location(ast.Constant(False), node.test)
        return node

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        return ast.copy_location(ast.Pass(), node) if self._is_it(node, "continue dropped") else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node


def _is_annotation(node: ast.BinOp) -> bool:
    return any(isinstance(side, ast.Constant) and side.value is None for side in (node.left, node.right))
