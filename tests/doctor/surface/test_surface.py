import json
import os

import pytest

from labelwise.doctor import Finding, Options, check_code
from labelwise.doctor.surface.baseline import new_findings, write_baseline
from labelwise.doctor.surface.config import read_config, selected
from labelwise.doctor.surface.files import collect
from labelwise.doctor.surface.noqa import add_noqa, read_noqa
from labelwise.errors import InputError, OptionError

BAD = "import torch.nn.functional as F\nloss = F.cross_entropy(F.softmax(z, 1), y){}\n"


def codes(folder, **options):
    return [f.code for f in check_code(folder, options=Options(**options))]


def test_select_and_ignore_take_prefixes_slugs_and_all(tmp_path):
    (tmp_path / "a.py").write_text(BAD.format(""))
    assert codes(tmp_path) == ["LW101"]
    assert codes(tmp_path, select=("LW2",)) == []
    assert codes(tmp_path, select=("double-softmax",)) == ["LW101"]
    assert codes(tmp_path, ignore=("LW1",)) == []
    assert codes(tmp_path, per_file_ignores={"a.py": ("LW101",)}) == []
    assert codes(tmp_path, exclude=("a.py",)) == []
    assert "LW105" in selected(Options(select=("ALL",)))
    assert "LW105" not in selected(Options())
    with pytest.raises(OptionError, match="double-softmax"):
        Options(select=("double-softmx",))


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("  # noqa", []),
        ("  # noqa: LW101", []),
        ("  # NOQA:LW101,E501", []),
        ("  # noqa: E501", ["LW101"]),
        ("  # noqa: LW102", ["LW101", "LW901"]),
        ("  # no qa", ["LW101"]),
    ],
)
def test_noqa(tmp_path, comment, expected):
    (tmp_path / "a.py").write_text(BAD.format(comment))
    assert sorted(codes(tmp_path)) == expected


def test_noqa_of_a_whole_file_and_in_a_string(tmp_path):
    (tmp_path / "a.py").write_text("# labelwise: noqa: LW101\n" + BAD.format(""))
    (tmp_path / "b.py").write_text("text = '# noqa: LW101'\n")
    assert codes(tmp_path) == []
    assert read_noqa("text = '# noqa: LW101'\n") == []


def test_noqa_is_written_once_and_joined(tmp_path):
    finding = Finding("LW101", "double-softmax", "warning", "high", "a.py", "", 2)
    text = add_noqa("a\nb  # noqa: E501\n", [finding])
    assert text == "a\nb  # noqa: E501, LW101\n"
    assert add_noqa(text, [finding]) == text


def test_settings_come_from_the_nearest_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.labelwise]\nignore = ["LW1"]\n[tool.labelwise.per-file-ignores]\n"t/*" = ["LW7"]\n'
    )
    inner = tmp_path / "src"
    inner.mkdir()
    (inner / "a.py").write_text(BAD.format(""))
    assert read_config(inner).ignore == ("LW1",)
    assert check_code(inner).items == ()
    (tmp_path / "pyproject.toml").write_text("[tool.labelwise]\nignroe = []\n")
    with pytest.raises(OptionError, match="ignore"):
        read_config(inner)
    (tmp_path / "pyproject.toml").write_text("[tool.labelwise\n")
    with pytest.raises(InputError):
        read_config(inner)


def test_a_baseline_keeps_old_findings_quiet_when_lines_move(tmp_path):
    old = Finding("LW101", "double-softmax", "warning", "high", "a.py", "", 2)
    write_baseline(tmp_path / "b.json", [(old, "loss = x")])
    moved = Finding("LW101", "double-softmax", "warning", "high", "a.py", "", 9)
    assert new_findings(tmp_path / "b.json", [(moved, "  loss = x"), (moved, "loss = x")]) == [moved]
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(InputError):
        new_findings(tmp_path / "b.json", [])


def test_links_that_lead_back_are_followed_once_and_hidden_folders_never(tmp_path):
    (tmp_path / "a.py").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "copy.py").symlink_to(tmp_path / "a.py")
    for folder in (".venv", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text("")
    assert [p.name for p in collect([tmp_path])] == ["a.py"]
    with pytest.raises(InputError, match="does not exist"):
        collect([tmp_path / "nothing"])


def test_files_that_cannot_be_read_are_told_and_the_others_checked(tmp_path):
    (tmp_path / "a.py").write_text(BAD.format(""))
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "latin.py").write_bytes("# -*- coding: latin-1 -*-\nname = 'é'\n".encode("latin-1"))
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff\xfe'\n")
    (tmp_path / "nul.py").write_bytes(b"x = 1\0")
    (tmp_path / "huge.py").write_bytes(b"x = 1\n" * 400_000)
    found = {os.path.basename(f.path): f.code for f in check_code(tmp_path)}
    assert found == {"a.py": "LW101", "broken.py": "LW900", "bytes.py": "LW900", "nul.py": "LW900", "huge.py": "LW900"}


def test_columns_count_characters_and_line_ends_do_not_matter(tmp_path):
    (tmp_path / "a.py").write_bytes(
        "import torch.nn.functional as F\r\né = 1; l = F.cross_entropy(F.softmax(z, 1), y)\r\n".encode()
    )
    (finding,) = check_code(tmp_path)
    assert (finding.line, finding.column) == (2, 11)


def test_the_cache_gives_the_same_and_notices_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(BAD.format(""))
    first = check_code("a.py", cache=True)
    monkeypatch.setattr("labelwise.doctor.checkcode.analyse_in_two", None)
    assert check_code("a.py", cache=True) == first
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n")
    assert check_code("a.py", cache=True).items == ()
    (tmp_path / ".labelwise_cache" / "doctor.json").write_text("[damaged")
    assert check_code("a.py", cache=True).items == ()
    assert json.loads((tmp_path / ".labelwise_cache" / "doctor.json").read_text())
