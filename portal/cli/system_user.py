"""Refuses to run commands as root: the service could not read files that root writes."""

import os
import pwd
import shlex
import sys
from pathlib import Path

import click

from portal.errors import ConfigError


def refuse_root(data_dir: Path) -> None:
    """Raise ConfigError if root runs a command and DATA_DIR belongs to somebody else."""
    if click.get_current_context(silent=True) is None or os.geteuid() != 0:
        return
    owner = data_dir.stat().st_uid if data_dir.exists() else 0
    if owner != 0:
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"#{owner}"  # as sudo takes a number
        command = shlex.join(["sudo", "-u", name, *sys.argv])
        raise ConfigError(f"run this as {name}, who has DATA_DIR: {command}")
