"""`python -m jobs.mailboxes`: fetches the mailboxes as a program, until it is told to end."""

from jobs.refusal import said_in_one_line
from portal.installation import importing_packages


def main() -> None:
    """Fetch until told to stop."""
    with said_in_one_line():
        with importing_packages():
            from jobs.fetching import program  # here, so that what is missing is said in one line
        program.work()


if __name__ == "__main__":
    main()
