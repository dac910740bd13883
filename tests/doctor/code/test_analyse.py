import random
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise.doctor import Options, check_code
from labelwise.doctor.code.analyse import analyse
from labelwise.doctor.code.project import read_source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def run(files):
    return analyse({name: read_source(name, text.encode()) for name, text in files.items()})


def codes(text, **options):
    return [c.code for c in analyse({"a.py": read_source("a.py", text.encode())}, **options).claims]


names = st.sampled_from(["x", "y", "net", "F", "self", "z", "nn", "model", "torch"])
atoms = st.one_of(
    names, st.integers(-2, 9).map(str), st.sampled_from(["None", "'softmax'", "0.5", "[]", "{}", "True", "..."])
)


def grown(inner):
    call = st.builds("{}({})".format, st.one_of(names, inner), st.lists(inner, max_size=3).map(", ".join))
    return st.one_of(
        call,
        st.builds(
            "({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "@", ">", "==", "is", "in", "and"]), inner
        ),
        st.builds(
            "{}.{}".format,
            inner.map("({})".format),
            st.sampled_from(["softmax", "sigmoid", "view", "log", "argmax", "fc", "shape", "max"]),
        ),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{} for x in {}]".format, inner, inner),
        st.builds("(lambda x: {})".format, inner),
        st.builds("F.cross_entropy(F.softmax({}), {})".format, inner, inner),
        st.builds("nn.Sequential({}, nn.Softmax({}))".format, inner, inner),
        st.builds("nn.Linear({}, {})".format, inner, inner),
        st.lists(inner, max_size=3).map(lambda parts: "(" + ", ".join(parts) + ",)" if parts else "()"),
    )


expressions = st.recursive(atoms, grown, max_leaves=8)


def indent(text):
    return "\n".join("    " + line for line in text.splitlines())


def blocks(inner):
    return st.one_of(
        st.builds("if {}:\n{}\nelse:\n{}".format, expressions, inner.map(indent), inner.map(indent)),
        st.builds("for x in {}:\n{}".format, expressions, inner.map(indent)),
        st.builds("while {}:\n{}".format, expressions, inner.map(indent)),
        st.builds("try:\n{}\nexcept Exception as x:\n{}".format, inner.map(indent), inner.map(indent)),
        st.builds("with {} as x:\n{}".format, expressions, inner.map(indent)),
        st.builds("def f(self, x, y={}, *a, **k):\n{}\n    return f(x)".format, expressions, inner.map(indent)),
        st.builds("class C({}):\n{}".format, names, inner.map(indent)),
        st.builds("class M(nn.Module):\n    def __init__(self, z=3):\n{}\n    def forward(self, x):\n{}".format,
                  inner.map(indent).map(indent), inner.map(indent).map(indent)),
        st.builds("{}\n{}".format, inner, inner),
    )  # fmt: skip


simple = st.one_of(
    expressions,
    st.builds("{} = {}".format, st.sampled_from(["x", "x, y", "self.fc", "net[0]", "(x, *y)", "net.fc"]), expressions),
    st.builds("x += {}".format, expressions),
    st.sampled_from(
        ["import torch", "from torch import *", "from . import a", "global x", "del x", "raise x", "assert x", "pass"]
    ),
)
programs = st.recursive(simple, blocks, max_leaves=8)


@settings(max_examples=150, deadline=None)
@given(programs)
def test_no_program_crashes_it(text):
    assert analyse({"a.py": read_source("a.py", (HEAD + text).encode())}, pedantic=True).crashed == {}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_it(data):
    assert analyse({"a.py": read_source("a.py", data), "b.ipynb": read_source("b.ipynb", data)}).crashed == {}


def test_files_of_the_standard_library_give_nothing():
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(p for p in folder.rglob("*.py") if "site-packages" not in p.parts and p.stat().st_size < 60_000)
    chosen = random.Random(0).sample(files, min(60, len(files)))
    analysis = analyse({str(p): read_source(str(p), p.read_bytes()) for p in chosen})
    assert (analysis.claims, analysis.crashed) == ((), {})


def test_the_code_is_never_executed(tmp_path):
    mark = tmp_path / "touched"
    (tmp_path / "evil.py").write_text(
        f"open({str(mark)!r}, 'w').write('x')\nimport torch.nn.functional as F\nF.cross_entropy(F.softmax(z, 1), y)\n"
    )
    (tmp_path / "main.py").write_text("import evil\nfrom evil import *\nsoftmax = 1\n")
    before = set(sys.modules)
    assert [f.code for f in check_code(tmp_path)] == ["LW101"]
    assert not mark.exists()
    assert "evil" not in set(sys.modules) - before


def test_unproven_paths_are_told_only_when_asked():
    text = (
        HEAD + "def f(z, y, flag):\n    if flag:\n        z = F.softmax(z, 1)\n    else:\n        z = z * 2\n    "
        "return F.cross_entropy(z, y)\n"
    )
    assert codes(text) == []
    assert codes(text, pedantic=True) == ["LW101"]


def test_pedantic_findings_have_low_confidence(tmp_path):
    text = (
        HEAD + "def f(z, y, flag):\n    if flag:\n        z = F.softmax(z, 1)\n    else:\n        z = "
        "z.sigmoid()\n    return F.cross_entropy(z, y)\n"
    )
    (tmp_path / "a.py").write_text(text)
    assert check_code(tmp_path).items == ()
    found = check_code(tmp_path, options=Options(pedantic=True))
    assert {f.confidence for f in found} == {"low"}


def test_both_ends_are_named(tmp_path):
    (tmp_path / "model.py").write_text(
        HEAD + "class M(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = "
        "nn.Linear(2, 3)\n"
        "    def forward(self, x):\n        return F.softmax(self.fc(x), dim=1)\n"
    )
    (tmp_path / "train.py").write_text(
        HEAD + "from model import M\nclass Trainer:\n    def __init__(self):\n        self.net = M()\n        "
        "self.criterion = nn.CrossEntropyLoss()\n"
        "    def step(self, x, y):\n        return self.criterion(self.net(x), y)\n"
    )
    (finding,) = check_code(tmp_path)
    assert finding.message.startswith(
        "softmax at model.py:9 reaches CrossEntropyLoss at train.py:10 through self.criterion"
    )
    assert {(Path(p.path).name, p.line) for p in finding.evidence} == {("model.py", 9), ("train.py", 8)}


def test_a_file_that_recurses_ends():
    text = (
        HEAD + "def f(x):\n    return g(f(x)) + f(g(x))\ndef g(x):\n    return f(x)\nloss = "
        "F.cross_entropy(F.softmax(f(1), 1), f(2))\n"
    )
    assert codes(text) == ["LW101"]


def test_a_deep_expression_does_not_overflow():
    text = HEAD + "x = " + "+".join(["1"] * 5000) + "\nloss = F.cross_entropy(F.softmax(z, 1), y)\n"
    analyse({"a.py": read_source("a.py", text.encode())})


def test_files_that_import_each_other_in_a_circle():
    sources = {
        "a.py": "from b import g\nimport torch.nn.functional as F\ndef f(z, y):\n    return F.cross_entropy(g(z), y)\n",
        "b.py": "import a\nimport torch\ndef g(z):\n    return torch.softmax(z, 1)\n",
    }
    found = analyse({k: read_source(k, v.encode()) for k, v in sources.items()}).claims
    assert [(c.site.path, c.code) for c in found] == [("a.py", "LW101")]


@pytest.mark.parametrize("setting", ["self.act = nn.Softmax(1)", "self.act = None"])
def test_an_attribute_set_by_two_methods_is_not_guessed(setting):
    text = HEAD + (
        "class M(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = "
        "nn.Linear(3, 4)\n        self.act = nn.Identity()\n"
        f"    def inference(self):\n        {setting}\n    def forward(self, x):\n        return self.act(self.fc(x))\n"
        "    def loss(self, x, y):\n        return F.cross_entropy(self(x), y)\n"
    )
    assert codes(text) == []


def test_a_mistake_of_ours_is_told_and_the_other_files_are_checked(tmp_path, monkeypatch):
    from labelwise.doctor.code import judge

    right = judge.loss_call

    def wrong(m, frame, node, *rest, **more):
        if frame.module.path.endswith("a.py"):
            raise KeyError("ours")
        return right(m, frame, node, *rest, **more)

    monkeypatch.setattr(judge, "loss_call", wrong)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(HEAD + "loss = F.cross_entropy(F.softmax(z, 1), y)\n")
    found = {Path(f.path).name: (f.code, f.message) for f in check_code(tmp_path)}
    assert found["a.py"][0] == "LW900"
    assert "KeyError" in found["a.py"][1]
    assert found["b.py"][0] == "LW101"


def test_a_package_in_a_src_folder_is_found_and_a_folder_of_the_same_name_elsewhere_is_not():
    files = {
        "src/nets/__init__.py": "import torch.nn as nn\nnet = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))\n",
        "tools/run.py": "import torch.nn as nn\nfrom nets import net\nloss = nn.CrossEntropyLoss()(net(x), y)\n",
    }
    assert [c.code for c in run(files).claims] == ["LW101"]
    elsewhere = {"compat/nets/__init__.py": files["src/nets/__init__.py"], "tools/run.py": files["tools/run.py"]}
    assert run(elsewhere).claims == ()


def test_modules_that_star_each_other_are_followed_in_good_time():
    names = [f"m{i}" for i in range(14)]
    stars = "".join(f"from .{n} import *\n" for n in names)
    files = {f"p/{n}.py": f"from torch import *\n{stars}def f(x): return softmax(x, 1)\n" for n in names}
    assert run({"p/__init__.py": stars, **files}).tangled == ()
