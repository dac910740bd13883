import pytest

from labelwise.doctor import Options, check_code
from labelwise.doctor.surface.fixes import apply_edits, diff

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


@pytest.mark.parametrize(
    ("line", "safe", "unsafe"),
    [
        ("a = torch.log(F.softmax(z, dim=1))", "a = F.log_softmax(z, dim=1)", "a = F.log_softmax(z, dim=1)"),
        ("a = torch.log(torch.sigmoid(z))", "a = F.logsigmoid(z)", "a = F.logsigmoid(z)"),
        ("a = F.softmax(z)", "a = F.softmax(z)", "a = F.softmax(z, dim=-1)"),
        (
            "a = nn.Softmax()(nn.Linear(2, 3)(z))",
            "a = nn.Softmax()(nn.Linear(2, 3)(z))",
            "a = nn.Softmax(dim=-1)(nn.Linear(2, 3)(z))",
        ),
        ("a = 1  # noqa: LW101", "a = 1", "a = 1"),
        ("a = 1  # noqa: LW101, E501", "a = 1  # noqa: E501", "a = 1  # noqa: E501"),
        (
            "a = F.cross_entropy(F.softmax(z, 1), y)",
            "a = F.cross_entropy(F.softmax(z, 1), y)",
            "a = F.cross_entropy(F.softmax(z, 1), y)",
        ),
    ],
)
def test_fixes(tmp_path, line, safe, unsafe):
    text = HEAD + line + "\n"
    (tmp_path / "a.py").write_text(text)
    found = check_code(tmp_path, options=Options())
    assert apply_edits(text, found) == HEAD + safe + "\n"
    assert apply_edits(text, found, unsafe=True) == HEAD + unsafe + "\n"


def test_a_threshold_on_raw_scores_is_moved_to_zero(tmp_path):
    text = HEAD + "n = nn.Linear(2, 3)\nz = n(x)\nl = F.binary_cross_entropy_with_logits(z, y)\np = z > 0.5\n"
    (tmp_path / "a.py").write_text(text)
    fixed = apply_edits(text, check_code(tmp_path), unsafe=True)
    assert fixed.endswith("p = z > 0\n")
    (tmp_path / "a.py").write_text(fixed)
    assert check_code(tmp_path).items == ()


def test_a_diff_is_empty_where_nothing_changes():
    assert diff("a.py", "x\n", "x\n") == ""
    assert "+y" in diff("a.py", "x\n", "y\n")
