"""`python -m jobs.worker`: the worker as a program. What it does is in `jobs.rq_worker`."""

from jobs.refusal import said_in_one_line
from portal.installation import importing_packages


def main() -> None:
    """Work until told to stop."""
    with said_in_one_line():
        with importing_packages():
            from jobs import rq_worker  # here, so that what is missing is said in one line
        rq_worker.work()


if __name__ == "__main__":
    main()
