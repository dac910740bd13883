"""What several rooms' tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time where a red run must mean a change; a busy machine is no failure.
settings.register_profile("labelwise", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("labelwise")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; without it the test is skipped."""
    if not DATA.is_dir():
        pytest.skip(f"needs the data sets in {DATA.parent.name}/{DATA.name} beside the checkout")
    return DATA


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """torch draws the same numbers in a test whenever it runs; numpy's generators are seeded where they are made."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
