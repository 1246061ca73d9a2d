"""`python -m jobs.web`: gunicorn with our settings, as `make run` starts it."""

import sys
from pathlib import Path

from jobs.refusal import said_in_one_line
from portal.installation import importing_packages


def main() -> None:
    """Serve until told to stop."""
    with said_in_one_line(), importing_packages():
        from gunicorn.app.wsgiapp import run  # here: what is missing is said in one line
    sys.argv = ["gunicorn", "-c", str(Path(__file__).with_name("gunicorn.py"))]
    run(prog="gunicorn")


if __name__ == "__main__":
    main()
