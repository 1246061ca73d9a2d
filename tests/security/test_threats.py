"""What Lodge has to withstand, and that a test stands for each.

The names are those of `@pytest.mark.threat(name)`: `pytest -m threat` runs all of them, and a
search for a name finds the tests of one. A threat whose part of Lodge is not built yet waits in
`NOT_HERE`, with the reason; whoever builds that part moves the line and marks the tests.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
THREATS = {
    "foreign rows": "Rows of another organization or person are read, changed, counted or found.",
    "rights kept or taken": "Somebody grants above the own role, or keeps a right that was taken.",
    "notes and secrets shown": "Internal notes or secret fields reach a customer by any way.",
    "scripts in text": "Text that somebody typed runs in somebody else's browser.",
    "files that run": "An uploaded file runs or is shown as a page of ours.",
    "foreign host names": "The name a request came under gets into a link.",
    "mailed links": "A link works twice, too long, for another purpose, or after it was replaced.",
    "sessions that outlive their end": "A cookie works after sign-out, a new password or role.",
    "sessions known beforehand": "The session or token from before a sign-in works after it.",
    "forged requests": "Another site makes a browser do something; looking changes something.",
    "redirects elsewhere": "A page of ours leads to another site.",
    "telling who exists": "Answers, times or mails tell whether an address has an account.",
    "guessing without end": "Passwords, codes or links are tried as often as one likes.",
    "fields nobody asked for": "A form sets what it does not show, or breaks on odd values.",
    "queries made of text": "Text becomes part of a query, or an order that was never offered.",
    "names of files": "The name of an upload or an address leads out of a folder.",
    "floods": "Bodies, parts or requests without number or size.",
    "false client addresses": "Somebody passes for calling from another address.",
    "slow clients": "Whoever sends or reads slowly keeps a thread from everybody else.",
    "costly text": "Text whose reading takes longer than its length allows.",
    "costly pictures": "A picture takes more memory or time than its bytes allow.",
    "headers made of text": "Text adds a header or recipient to a mail, or a line to a log.",
    "words for strangers": "The desk mails what somebody made up to somebody who did not ask.",
    "secrets that can be guessed": "A token, key or code is short, stored plainly, or made weakly.",
    "rules in the browser alone": "What a page hides or asks for is not asked for by the server.",
    "answers kept by others": "What somebody signed in has seen is kept and shown to others.",
    "requests into the house": "Somebody makes the server ask addresses that only it reaches.",
    "forged access tokens": "A token opens something that we have not signed, or not for this.",
    "replayed refresh tokens": "A token that was used gives another one.",
    "secrets in logs": "A password, code, key, token or link stands in a log or an error page.",
    "mail loops": "Programs answer each other by mail without end.",
    "personal data that leaves": "Names, addresses or secrets get to a language model elsewhere.",
    "a stranger's words that act": "What a stranger wrote makes a language model do something.",
    "identity by mail": "Somebody speaks by mail as somebody else, or joins what is not theirs.",
}
NOT_HERE = {
    "files read by a renderer": "nothing turns HTML into documents",
    "formulas in exports": "nothing writes tables for spreadsheets yet; exports will",
}


def marked() -> Iterator[tuple[str, str]]:
    """(threat, where) of every mark in the tests."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_mark = isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.threat"
            if is_mark:
                yield ast.literal_eval(node.args[0]), str(path.relative_to(TESTS))


def test_every_threat_has_a_test_and_every_mark_names_a_threat():
    assert {threat for threat, _where in marked()} == set(THREATS)


def test_a_threat_is_here_or_not():
    assert not set(THREATS) & set(NOT_HERE)
