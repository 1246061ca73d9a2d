"""Our source as syntax trees: modules, their imports and calls."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    """One file of `portal` or `jobs`."""

    path: Path

    @property
    def name(self) -> str:
        """The dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text("utf-8"))

    @cached_property
    def imports(self) -> set[str]:
        """Dotted names of what is imported at run time; `from a import b` is `a.b`."""
        return {name for node in _at_run_time(self.tree) for name in self._names(node)}

    def _names(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            if node.level:
                inside = self.name.split(".")
                is_package = self.path.name == "__init__.py"
                base = inside[: len(inside) - node.level + is_package]
                package = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{package}.{alias.name}" for alias in node.names)

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def called(self) -> set[str]:
        """What is called, as it is written: `clock.now`, `db.session.commit`."""
        calls = (node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return {ast.unparse(function) for function in calls}

    def calls(self, method: str) -> set[str]:
        """Calls of a method of that name, on any object."""
        return {call for call in self.called if call.endswith(f".{method}")}

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


def modules(*packages: str) -> list[Module]:
    """All modules of these packages, with their subpackages."""
    paths = (path for package in packages for path in sorted((ROOT / package).rglob("*.py")))
    return [_module(path) for path in paths]


@cache
def _module(path: Path) -> Module:
    """Read and parsed once in a process: it does not change meanwhile."""
    return Module(path)


def _at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under `if TYPE_CHECKING:`, which exist for the type checker alone."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _names_type_checking(node.test):
            waiting.extend(node.orelse)
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def _names_type_checking(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "TYPE_CHECKING" for node in ast.walk(test))
