"""`python -m jobs.inbound`: takes mail from a mail server. What it does is in `jobs.receiving`."""

from jobs.refusal import said_in_one_line
from portal.installation import importing_packages


def main() -> None:
    """Take mail until told to stop."""
    with said_in_one_line():
        with importing_packages():
            from jobs.receiving import program  # here: what is missing is said in one line
        program.run()


if __name__ == "__main__":
    main()
