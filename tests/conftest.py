"""What several rooms' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; without it the test is skipped."""
    if not DATA.is_dir():
        pytest.skip(f"needs the data sets in {DATA.parent.name}/{DATA.name} beside the checkout")
    return DATA
