"""A call graph: the names that each function mentions."""

import ast
from collections.abc import Iterable, Iterator, Mapping

from tests.architecture.source import Module

Graph = Mapping[str, frozenset[str]]


def graph(modules: Iterable[Module]) -> Graph:
    """Dotted names of functions → dotted names that they mention, called or passed on."""
    return {
        f"{module.name}.{node.name}": frozenset(_mentioned(module, node))
        for module in modules
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef)
    }


def reached(start: str, known: Graph) -> set[str]:
    """All names that `start` mentions, directly or not."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += known.get(name, ())
    return seen - {start}


def _mentioned(module: Module, function: ast.FunctionDef) -> Iterator[str]:
    aliases = _aliases(module)
    inside = {node.name for node in module.tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in aliases:
                yield f"{aliases[node.value.id]}.{node.attr}"
        elif isinstance(node, ast.Name):
            if node.id in inside:
                yield f"{module.name}.{node.id}"
            elif node.id in aliases:
                yield aliases[node.id]


def _aliases(module: Module) -> dict[str, str]:
    """Names in a module → what they were imported as."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
