import json

import pytest

from labelwise.doctor import check_code
from labelwise.doctor.code.notebooks import parse, read_notebook


def notebook(*cells):
    return json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": kind, "source": text.splitlines(True)} for kind, text in cells]}
    )


def test_cells_are_counted_over_all_kinds_and_lines_before_magics_are_stripped():
    cells = read_notebook(
        notebook(("markdown", "# Title"), ("code", "%matplotlib inline\n\nx = 1"), ("code", "!ls\ny = 2"))
    )
    assert [cells.place(n) for n in range(1, 6)] == [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)]
    parse(cells.text)


@pytest.mark.parametrize(
    "magic", ["%time f()", "files = !ls", "x = %timeit -o f()", "?print", "print?", "    %debug", "!pip install x"]
)
def test_magics_are_blanked(magic):
    text = "if True:\n    pass\n" + (magic if not magic.startswith(" ") else f"if True:\n{magic}")
    parse(read_notebook(notebook(("code", text))).text)


def test_a_cell_of_another_language_or_with_an_error_is_left_out_and_told():
    cells = read_notebook(notebook(("code", "%%bash\necho $HOME | wc"), ("code", "def ("), ("code", "x = 1")))
    assert cells.text.strip() == "x = 1"
    assert [b[0] for b in cells.broken] == [2]


@pytest.mark.parametrize("raw", ["", "[]", "{", '{"cells": 3}', '{"cells": [1]}', "null"])
def test_what_is_no_notebook_is_told(raw, tmp_path):
    (tmp_path / "n.ipynb").write_text(raw)
    assert [f.code for f in check_code(tmp_path)] in (["LW900"], [])
    if raw != '{"cells": []}':
        with pytest.raises(SyntaxError):
            read_notebook(raw if raw != "null" else "{")


def test_a_finding_in_a_notebook_names_cell_and_line(tmp_path):
    code = "%time 1\nimport torch.nn.functional as F\nl = F.cross_entropy(z.softmax(1), y)"
    (tmp_path / "n.ipynb").write_text(notebook(("markdown", "hi"), ("code", code)))
    (finding,) = check_code(tmp_path)
    assert (finding.cell, finding.line, finding.code) == (2, 3, "LW101")
    assert finding.where.endswith("n.ipynb:cell 2:3")
