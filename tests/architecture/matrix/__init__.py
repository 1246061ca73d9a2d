"""Who is answered what: every address and method, asked by every role, held against a table.

`table.txt` has a line for each address and method that the application knows, and a column for
each role; its cells are the answers that real requests got. Where the answer is 303, `login` says
that it leads to the sign-in page and `confirm` that a fresh proof of presence is asked for.
`lead` is of the staff and has every right of `models.people.right`; `clerk` is limited to the
tickets of their own departments, of which those of the desk are none.

After a route or a right has changed, look at what the test says, and when it is what you meant:

    .venv/bin/python -m tests.architecture.matrix

writes the table anew; commit it with the change. `world.py` has the rows that stand for the
parameters of addresses, `forms.py` what is sent. A parameter that it does not know is 1, a
form that it does not know is sent empty: give new ones a row, or their line says 404 or 422.

The API is not here: its callers carry tokens, and its table stands beside its tests.
"""
