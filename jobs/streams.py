"""`python -m jobs.streams`: tells thousands of open pages that something changed."""

from jobs.refusal import said_in_one_line
from portal.installation import importing_packages


def main() -> None:
    """Tell them until told to end."""
    with said_in_one_line():
        with importing_packages():
            from jobs.streaming import program  # here: what is missing is said in one line
        program.run()


if __name__ == "__main__":
    main()
