"""Probes in our modules, written into them as they are imported: what was gone through is told.

Before Python 3.14 a tracer is called at each line of whatever runs, packages too, and costs half as
much CPU again. A probe is one store into a row of bytes where a statement of ours begins.

What is counted are points: statements, and the ways out of each `if`, `for`, `while` and `match`.
"""

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

_ROW = "__probes__"
_CHOICES = (ast.If, ast.While)
_LOOPS = (ast.For, ast.AsyncFor)


@dataclass(frozen=True)
class Probed:
    """A module's code with probes in it, and how many there are: each is one point."""

    code: CodeType
    points: int


def probed(source: str | bytes, file: str) -> Probed:
    """Write probes into a module; they store into its `__probes__`."""
    writer = _Writer()
    tree = ast.parse(source, file)
    tree.body = writer.block(tree.body)
    return Probed(compile(tree, file, "exec", dont_inherit=True), writer.points)


def watch(packages: Sequence[str]) -> dict[str, bytearray]:
    """Write probes into all modules of `packages` that are imported from now on.

    Answers the rows by file, to which each module adds its own.
    """
    finder = _Finder(packages)
    sys.meta_path.insert(0, finder)
    return finder.rows


class _Finder(MetaPathFinder):
    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages
        self.rows: dict[str, bytearray] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self._packages:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path, self.rows)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, rows: dict[str, bytearray]) -> None:
        super().__init__(fullname, path)
        self._rows = rows

    def exec_module(self, module: ModuleType) -> None:
        made = probed(self.get_data(self.path), self.path)
        self._code = made.code
        # A module that is imported again goes on in its row.
        vars(module)[_ROW] = self._rows.setdefault(self.path, bytearray(made.points))
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        """Not that of the cache, which has no probes."""
        return self._code


class _Writer:
    def __init__(self) -> None:
        self.points = 0

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """The same statements, each behind its probe."""
        written: list[ast.stmt] = []
        for statement in statements:
            if _is_code(statement):
                written.append(self._probe(statement))
                self._go_into(statement)
            written.append(statement)
        return written

    def _go_into(self, statement: ast.stmt) -> None:
        for part in (statement, *getattr(statement, "handlers", ())):
            for name in ("body", "orelse", "finalbody"):
                if block := getattr(part, name, None):
                    setattr(part, name, self.block(block))
        if isinstance(statement, ast.Match):
            self._go_into_cases(statement)
        elif isinstance(statement, _LOOPS) or (
            isinstance(statement, _CHOICES) and not isinstance(statement.test, ast.Constant)
        ):
            statement.body.insert(0, self._probe(statement))
            statement.orelse.insert(0, self._probe(statement))

    def _go_into_cases(self, statement: ast.Match) -> None:
        for case in statement.cases:
            case.body = [self._probe(statement), *self.block(case.body)]
        last = statement.cases[-1]
        takes_all = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        if last.guard is not None or not takes_all:
            anything = ast.fix_missing_locations(ast.copy_location(ast.MatchAs(), statement))
            statement.cases.append(ast.match_case(anything, None, [self._probe(statement)]))

    def _probe(self, statement: ast.stmt) -> ast.stmt:
        place = ast.Subscript(ast.Name(_ROW, ast.Load()), ast.Constant(self.points), ast.Store())
        self.points += 1
        return ast.fix_missing_locations(
            ast.copy_location(ast.Assign([place], ast.Constant(1)), statement)
        )


def _is_code(statement: ast.stmt) -> bool:
    """Not so: docstrings and `...`, what names scopes, and what is read by type checkers alone."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Global() | ast.Nonlocal():
            return False
        case ast.ImportFrom(module="__future__") | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return False
    return True
