"""Whether the units hold their processes as the guide says, and those live with it."""

import json
import re
from pathlib import Path

from tests.bare_root.machine import Machine

SERVICES = ("lodge-web.service", "lodge-worker@1.service")
# Where a machine has its groups, by the kind of tree that its kernel gives it.
_TREES = ("", "systemd", "unified")
# Of each process, as the kernel tells it.
_HELD = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapBnd": "0" * 16, "Umask": "0077"}


def check(machine: Machine) -> None:
    """Fail if a process has weaker limits than the guide says, died, or logged a failure."""
    for unit in SERVICES:
        pids = processes(machine, unit)
        assert pids, unit
        for pid in pids:
            status = dict(
                re.findall(r"(?m)^(\w+):\s*(.*)$", Path(f"/proc/{pid}/status").read_text())
            )
            held = {name: status[name] for name in _HELD}
            assert held == _HELD, (unit, status["Name"], held)
        assert properties(machine, unit, "NRestarts") == "0", said(machine, unit)
        assert not complaints(machine, unit), complaints(machine, unit)


def processes(machine: Machine, unit: str) -> list[int]:
    """Those of a service, by the numbers that they have outside of the machine."""
    group = properties(machine, unit, "ControlGroup").lstrip("/")
    for tree in _TREES:
        list_of = Path(f"/proc/{machine.leader}/root/sys/fs/cgroup/{tree}/{group}/cgroup.procs")
        if list_of.exists():
            return [int(pid) for pid in list_of.read_text().split()]
    return []


def properties(machine: Machine, unit: str, name: str) -> str:
    """systemd's properties of a unit."""
    return machine.run("systemctl", "show", unit, f"--property={name}", "--value").strip()


def said(machine: Machine, *units: str) -> str:
    """The log of some units."""
    chosen = [f"--unit={unit}" for unit in units]
    return machine.run("journalctl", "--output=cat", "--no-pager", *chosen)


def complaints(machine: Machine, unit: str) -> list[str]:
    """The errors and warnings in it."""
    found = []
    for line in said(machine, unit).splitlines():
        if line.startswith("{"):
            if json.loads(line).get("level", "").lower() in {"warning", "error", "critical"}:
                found.append(line)
        elif "Traceback" in line or "Failed" in line:
            found.append(line)
    return found
