"""The room's face: every public name is there, nothing heavy is loaded for its sake."""

import subprocess
import sys

import labelwise.explain as room


def test_public_names_exist_and_others_do_not():
    assert {name for name in room.__all__ if getattr(room, name) is not None} == set(room._HOME)
    assert not hasattr(room, "explain_everything")
    assert set(room.__all__) <= set(dir(room))


def test_the_help_of_the_command_needs_no_numpy():
    code = "import sys, labelwise.explain.command; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
