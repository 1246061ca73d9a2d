"""A plugin of pytest: `-p tests.stages.recorder --record FILE` writes down which tests failed."""

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", type=Path, help="write failed tests to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    # Reports of all of xdist's workers arrive where there is no `workerinput`.
    if config.option.record and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder(config.option.record))


class _Recorder:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._ran: set[str] = set()
        self._failed: dict[str, str] = {}
        self._threats: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ran.add(report.nodeid)
        if "threat" in report.keywords:
            self._threats.add(report.nodeid)
        if report.failed:
            said = [report.longreprtext, *(f"{name}\n{text}" for name, text in report.sections)]
            before = self._failed.get(report.nodeid, "")
            self._failed[report.nodeid] = before + "\n".join(said)

    def pytest_sessionfinish(self) -> None:
        record = {
            "ran": sorted(self._ran),
            "failed": self._failed,
            "threats": sorted(self._threats),
        }
        self._file.write_text(json.dumps(record), "utf-8")
