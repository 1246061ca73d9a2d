"""What stands in the guides for something else, and what a person has to add to them.

A code block that is neither a file nor lines to type must be listed in READ; otherwise following
the guide fails.
"""

from dataclasses import dataclass

HOST, MAIL_HOST = "help.example.com", "mail.example.com"
ORIGIN = "/root/lodge.git"
ADMIN, PASSWORD = "you@example.com", "quarry lantern 27 mosaic"
CERTIFICATE = f"/etc/letsencrypt/live/{HOST}"

# What is typed when a program asks.
ANSWERS = {
    r"\[Y/n\] $": "y",
    r"to go on: $": HOST,
    r"(?i)(password|repeat[^\n]*): $": PASSWORD,
}

# These go out to Debian and to Python's index; all else is to be had without a network.
OUTWARD = ("apt-get ", ".venv/bin/pip ")


@dataclass(frozen=True)
class Change:
    """In blocks whose file or language is `where`, `old` becomes `new`."""

    where: str
    old: str
    new: str
    why: str


CHANGES = (
    Change("sh", "git clone … ", f"git clone {ORIGIN} ", "a clone of this checkout's last commit"),
    Change("sh", "git checkout …", "git checkout --quiet HEAD~1", "the commit before the upgrade"),
    Change(
        "/etc/caddy/Caddyfile",
        f"{HOST} {{\n",
        f"{HOST} {{\n    tls /etc/caddy/fullchain.pem /etc/caddy/privkey.pem\n",
        "no authority can be reached that would give a certificate",
    ),
    Change("/etc/cron.d/lodge", "15 3 * * *", "* * * * *", "nobody waits here for the night"),
)

# Of PgBouncer the guide says what Lodge needs; the way to the database is whoever runs it to say.
POOLER = "/etc/pgbouncer/pgbouncer.ini"
POOLER_PASSWORD = "the-pooler-s-own"
POOLER_FILES = {
    "/etc/pgbouncer/userlist.txt": f'"lodge" "{POOLER_PASSWORD}"\n',
    POOLER: """[databases]
lodge = host=127.0.0.1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 6432
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
""",
}
POOLED = f"postgresql://lodge:{POOLER_PASSWORD}@127.0.0.1:6432/lodge?pgbouncer=1"

# Files that are there with more in them: what is printed goes to their end, and counts.
APPENDED = ("/etc/redis/redis.conf", POOLER)

# Chapters that are one of two ways: followed after all others.
LATER = (
    "PostgreSQL's connections",
    "Several nodes",
    "Caddy",
    "Thousands of open pages",
    "Mail that comes in",
)

# Blocks that show something, by their first lines.
READ = (
    '{"status": "degraded",',
    "# Among the routers of Exim:",
    "FILES_URL=s3://lodge-files/desk",
)

# Lines that are not typed, by their beginnings: nobody who gives certificates can be reached, so
# `surroundings` has put one where it would lie. Nor is there a bucket.
NOT_TYPED = ("certbot certonly ", "sudo -u lodge .venv/bin/flask --app wsgi move-files ")

# What has just been started needs some seconds: typed again until all is well.
LOOKS = "sudo -u lodge .venv/bin/flask --app wsgi doctor"
# What `doctor` may warn of all the same.
WARNED = {
    "there was none yet: flask --app wsgi backup DIR": "until the first backup",
}

# What nobody else on the machine may read or write, and what the service's user may write.
PRIVATE = (
    "/srv/lodge/app/.env",
    "/srv/lodge/data",
    "/srv/lodge/backups",
    "/run/lodge/web.sock",
    "/run/redis/redis-server.sock",
)
OWN = ("/srv/lodge/data", "/srv/lodge/backups")
