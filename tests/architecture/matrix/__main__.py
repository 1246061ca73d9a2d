"""`python -m tests.architecture.matrix`: write the table."""

from tests.architecture.matrix import ask
from tests.servers import create_database, postgres, queue_server


def main() -> None:
    with (
        queue_server() as queue_url,
        postgres() as cluster,
        ask.desk(queue_url, create_database(cluster, "matrix")) as (world, rows),
    ):
        ask.TABLE.write_text("\n".join(ask.table(world, rows)) + "\n")


if __name__ == "__main__":
    main()
