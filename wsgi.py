"""What the web server imports."""

from jobs.refusal import said_in_one_line
from portal import create_app

with said_in_one_line():
    app = create_app()
