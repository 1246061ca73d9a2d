"""What is done with the guides, from a bare machine to an upgrade."""

import os
import time
from collections.abc import Callable

from tests import guide
from tests.bare_root import substitutions, surroundings, units
from tests.bare_root.following import Follower, replaced, step
from tests.bare_root.machine import Machine
from tests.bare_root.people import People
from tests.guide import Block
from tests.waiting import wait_for

_STRICT = "/etc/systemd/system/lodge-.service.d/strict.conf"
# How systemd shows `kill`.
_KILL = str(2**31 - 2)
# Of what may be written the topmost.
_WRITABLE = ("-writable", "-not", "-type", "l", "-print", "-prune")
_ENV = "/srv/lodge/app/.env"
_CRON = "/etc/cron.d/lodge"


class Story:
    """All of it, in the order of whoever runs a desk."""

    def __init__(self, machine: Machine, root: Follower, people: People) -> None:
        self._machine, self._root, self._people = machine, root, people

    def tell(self) -> None:
        for block in guide.blocks():
            if block.heading not in substitutions.LATER:
                self._root.follow(block)
        self._use("through nginx")
        self._see_port_80()
        self._see_strangers()
        self._see_logs()
        self._see_the_night()
        self._see_what_is_forbidden()
        self._see_a_restart()
        self._tell_thousands()
        self._operate()
        self._follow("Caddy")
        self._use("through Caddy")
        self._put_pooler_between()
        self._share_files()

    def _tell_thousands(self) -> None:
        self._set("DATA_DIR=", "STREAMS_LISTEN=unix:/run/lodge/streams.sock\nDATA_DIR=")
        self._follow("Thousands of open pages")
        self._root.type(substitutions.LOOKS)
        self._use("with a process of streams")

    def _put_pooler_between(self) -> None:
        self._root.type("apt-get install pgbouncer")
        self._root.sql(f"ALTER ROLE lodge PASSWORD '{substitutions.POOLER_PASSWORD}';\n")
        for path, text in substitutions.POOLER_FILES.items():
            self._machine.write(path, text)
        self._follow("PostgreSQL's connections")
        self._root.type("systemctl restart pgbouncer")
        direct = "DATABASE_URL=postgresql:///lodge"
        self._set(direct, f"DATABASE_URL={substitutions.POOLED}")
        self._use("through PgBouncer")
        self._root.type(substitutions.LOOKS)
        command = f"sudo -u lodge {direct} .venv/bin/flask --app wsgi backup"
        self._root.type(f"{command} /srv/lodge/backups/direct")

    def _share_files(self) -> None:
        """As one of several nodes, with its files in a folder of their own that is mounted."""
        files = "/srv/lodge/files"
        self._root.type(f"install -d {files}")
        self._root.type(f"mount -t tmpfs -o mode=700,uid=lodge,gid=lodge tmpfs {files}")
        self._root.type(f"cp -a /srv/lodge/data/files/. {files}/")
        self._follow("Several nodes")
        self._set("DATA_DIR=", f"FILES_URL=file://{files}\nDATA_DIR=")
        self._use("with its files in a mounted folder")
        self._root.type(substitutions.LOOKS)

    def _set(self, old: str, new: str) -> None:
        """Change a setting, and start everything anew."""
        text = self._machine.path(_ENV).read_text()
        assert old in text
        self._machine.write(_ENV, text.replace(old, new))
        self._restart()

    def _follow(self, heading: str) -> None:
        found = [block for block in guide.blocks() if block.heading == heading]
        assert found, heading
        for block in found:
            self._root.follow(block)

    def _use(self, how: str) -> str:
        with step(f"people use the desk {how}"):
            self._people.wait_for_desk()
            number = self._people.walk()
            units.check(self._machine)
        return number

    def _see_port_80(self) -> None:
        challenge = "/.well-known/acme-challenge/token"
        self._machine.write(f"/var/www/html{challenge}", "proof")
        with step("port 80 answers who gives certificates, and sends all others to 443"):
            assert self._people.on_port_80(challenge) == (200, "")
            elsewhere = f"https://{substitutions.HOST}/tickets/"
            assert self._people.on_port_80("/tickets/") == (301, elsewhere)

    def _see_strangers(self) -> None:
        with step(
            "others on the machine reach nothing of it, and the service cannot change its code"
        ):
            for path in substitutions.PRIVATE:
                assert self._machine.path(path).exists() or "/run/" in path, path
                for who in ("nobody", "postgres"):
                    assert not self._may(who, path), (who, path)
            beyond = self._machine.run("sudo", "-u", "lodge", "find", "/srv/lodge", *_WRITABLE)
            assert set(beyond.split()) == set(substitutions.OWN), beyond

    def _may(self, who: str, path: str) -> bool:
        tried = ("sudo", "-u", who, "sh", "-c", f"test -r {path} || test -w {path}; echo $?")
        return self._machine.run(*tried).strip() == "0"

    def _see_logs(self) -> None:
        with step("a mailed link is in no log of nginx"):
            logs = "".join(
                path.read_text() for path in self._machine.path("/var/log/nginx").glob("*.log")
            )
            assert "GET /auth/login" not in logs
            assert "/auth/verify/" not in logs
            assert "/tickets/new" in logs

    def _see_the_night(self) -> None:
        backups = self._machine.path("/srv/lodge/backups")
        # Cron compares whole seconds: what was written in the one in which it began, as no person
        # could, it never reads.
        later = time.time() + 2
        os.utime(self._machine.path(_CRON), (later, later))
        with step("cron makes a backup"):
            wait_for(lambda: any(backups.glob("20*/SHA256SUMS")), "backed up")
        [printed] = [block for block in guide.blocks() if block.file == _CRON]
        assert replaced(_CRON, printed.text) != printed.text
        self._machine.write(_CRON, printed.text)

    def _see_what_is_forbidden(self) -> None:
        """Where a forbidden call ends the process instead of failing, nobody makes one."""
        self._machine.write(_STRICT, "[Service]\nSystemCallErrorNumber=kill\n")
        self._restart()
        kind = units.properties(self._machine, units.SERVICES[0], "SystemCallErrorNumber")
        assert kind == _KILL, kind
        self._use("where a forbidden system call ends the process")
        self._machine.path(_STRICT).unlink()
        self._restart()

    def _restart(self) -> None:
        self._machine.run("systemctl", "daemon-reload")
        self._machine.run("systemctl", "restart", *units.SERVICES)

    def _see_a_restart(self) -> None:
        old = units.processes(self._machine, units.SERVICES[0])
        what = "nobody's request failed during the restart"
        with step(what), self._people.served_throughout():
            self._root.type("systemctl restart lodge-web")
            wait_for(lambda: self._are_new(old), "new processes")
            self._people.wait_for_desk()

    def _are_new(self, old: list[int]) -> bool:
        """Whether none of the web's processes is an old one."""
        now = units.processes(self._machine, units.SERVICES[0])
        return len(now) > 1 and not set(now) & set(old)

    def _operate(self) -> None:
        chapters: dict[str, list[Block]] = {}
        for block in guide.blocks(guide.OPERATING):
            chapters.setdefault(block.heading, []).append(block)
        backup, restore = chapters.pop("Backup and restore")
        [upgrade] = chapters.pop("Stopping and upgrading")
        [back] = chapters.pop("Roll back")
        for others in chapters.values():
            for block in others:
                self._root.follow(block)
        kept = self._use("before a backup")
        self._root.follow(backup)
        lost = self._use("after a backup")
        self._root.follow(restore)
        self._people.wait_for_desk()
        with step("what is in the backup is back, and nothing else"):
            assert self._people.sees(kept)
            assert not self._people.sees(lost)
        self._mark = surroundings.publish_newer(self._machine)
        self._change_code(upgrade, "the upgrade", self._is_newer)
        self._change_code(back, "the way back", lambda: not self._is_newer())

    def _change_code(self, block: Block, what: str, is_there: Callable[[], bool]) -> None:
        with step(f"nobody's request failed during {what}"), self._people.served_throughout():
            self._root.follow(block)
            wait_for(is_there, "there")
        self._use(f"after {what}")

    def _is_newer(self) -> bool:
        return self._mark in self._people.visitor().get("/auth/login").text
