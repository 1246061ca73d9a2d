"""A tree as one would type it."""

from portal.search_language.tree import And, Comparison, Not, Operator, Or, Phrase, Tree, Word


def written(tree: Tree) -> str:
    """The text whose tree it is."""
    match tree:
        case Word(text):
            return text
        case Phrase(text):
            return quoted(text)
        case Comparison():
            return _comparison(tree)
        case Not(part):
            return f"{'NOT ' if isinstance(part, Not) else '-'}{_enclosed(part)}"
        case And(parts):
            return " ".join(map(_enclosed, parts))
        case Or(parts):
            return " OR ".join(map(_enclosed, parts))


def quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _enclosed(tree: Tree) -> str:
    return f"({written(tree)})" if isinstance(tree, And | Or) else written(tree)


def _comparison(tree: Comparison) -> str:
    if tree.operator is Operator.RANGE:
        return f"{tree.field}:{'..'.join(tree.values)}"
    return tree.field + tree.operator + ",".join(map(quoted, tree.values))
