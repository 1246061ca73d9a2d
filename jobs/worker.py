"""`python -m jobs.worker`: the worker as a program. What it does is in `jobs.rq_worker`."""

from jobs.refusal import refuse
from portal.errors import ConfigError
from portal.installation import needed


def main() -> None:
    """Work until told to stop."""
    try:
        with needed():
            from jobs import rq_worker  # here, so that what is missing is said in one line
        rq_worker.work()
    except ConfigError as error:
        refuse(error)


if __name__ == "__main__":
    main()
