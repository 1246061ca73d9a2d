"""What was taken from others is what its manifest says: these bytes, with their licence."""

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_every_vendored_file_is_listed_and_nothing_else() -> None:
    listed = {name for package in MANIFEST for name in package["files"]}
    assert {path.name for path in VENDOR.iterdir()} == listed | {"manifest.json"}


def test_every_vendored_file_has_the_bytes_of_its_release() -> None:
    for package in MANIFEST:
        for name, digest in package["files"].items():
            assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_vendored_package_comes_with_its_licence() -> None:
    for package in MANIFEST:
        assert package["version"]
        assert package["licence"]
        assert any(name.endswith("LICENSE") for name in package["files"]), package["name"]
