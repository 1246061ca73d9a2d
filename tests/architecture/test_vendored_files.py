"""What was taken from others is what its manifest says: these bytes, with their licence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "browser" / "vendor"]
pytestmark = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.parent.name)


def packages(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())
    return found


def test_every_vendored_file_is_listed_and_nothing_else(folder: Path) -> None:
    listed = {name for package in packages(folder) for name in package["files"]}
    assert {path.name for path in folder.iterdir()} == listed | {"manifest.json"}


def test_every_vendored_file_has_the_bytes_of_its_release(folder: Path) -> None:
    for package in packages(folder):
        for name, digest in package["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_every_vendored_package_comes_with_its_licence(folder: Path) -> None:
    for package in packages(folder):
        assert package["version"]
        assert package["licence"]
        assert any(name.endswith("LICENSE") for name in package["files"]), package["name"]
