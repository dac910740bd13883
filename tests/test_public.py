"""The public face: names, light imports, and the order of the rooms."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import labelwise

ROOT = Path(__file__).resolve().parents[1]


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after the statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_public_names_are_sorted_and_there():
    assert labelwise.__all__ == sorted(set(labelwise.__all__))
    for name in labelwise.__all__:
        assert getattr(labelwise, name) is not None
        assert name in dir(labelwise)


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'comprae'"):
        _ = labelwise.comprae


def test_importing_the_package_imports_no_library():
    heavy = {"torch", "scipy", "polars", "altair", "sklearn", "msgspec", "jinja2", "rich", "click", "pandas"}
    assert not heavy & modules_after("import labelwise")


@pytest.mark.parametrize("name", sorted(set(labelwise.__all__)))
def test_no_public_name_needs_torch_to_be_looked_up(name):
    assert not {"torch", "altair", "sklearn"} & modules_after(f"import labelwise; labelwise.{name}")


def test_rooms_import_only_from_rooms_below_them():
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("needs import-linter (group dev)")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
