"""The given files as modules that import each other; each is read, parsed and run (abstractly) at most once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from labelwise.doctor.code.notebooks import Cells, parse, read_notebook
from labelwise.doctor.code.values import Module

__all__ = ["Project", "Source", "is_relevant", "read_source"]

# In lower case, and no alternative begins with an anchor: the search then skips to likely letters.
_WORDS = re.compile(
    r"softmax|sigmoid|cross_?entropy|bce|nll|kl_div|kldiv|argmax|logits|\.compile\(|\.max\(|expit|np\.round|\.round\(|"
    r"threshold|curve\(|f1_score|accuracy|to_categorical|one_hot|problem_type|multilabel|eye\(|[<>]=? ?0?\.5\b|"
    r"binarizer|neuralnet|learner\(|np\.exp|1\.?0? ?/ ?\(1"
)
_FRAMEWORKS = re.compile(
    r"\b(torch|tensorflow|keras|tf|numpy|np|sklearn|scipy|jax|jnp|fastai2?|skorch|lightning|transformers|timm|flax|optax|"
    r"segmentation_models_pytorch|nn|layers)\b"
)
MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class Source:
    """A file's text. `cells` for notebooks; `broken` holds (cell or None, line, message)."""

    path: str
    text: str
    cells: Cells | None = None
    broken: tuple[tuple[int | None, int, str], ...] = ()


def read_source(path: str, data: bytes) -> Source:
    """Decode a file; what cannot be read is told in `broken`, never raised."""
    if len(data) > MAX_BYTES:
        return Source(
            path, "", broken=((None, 1, f"skipped: {len(data) // 1000} kB is more than {MAX_BYTES // 1000} kB"),)
        )
    text = _decode(data)
    if text is None:
        return Source(path, "", broken=((None, 1, "skipped: neither UTF-8 nor the encoding that it declares"),))
    if path.endswith(".ipynb"):
        try:
            cells = read_notebook(text)
        except SyntaxError as error:
            return Source(path, "", broken=((None, 1, str(error.msg)),))
        return Source(path, cells.text, cells, cells.broken)
    return Source(path, text)


def _decode(data: bytes) -> str | None:
    head = data[:200].decode("latin-1")
    declared = re.search(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", head, re.MULTILINE)
    for encoding in ("utf-8-sig", declared[1] if declared else "utf-8"):
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def is_relevant(text: str) -> bool:
    """False for a file in which no rule could ever find anything by itself."""
    return _FRAMEWORKS.search(text) is not None and _WORDS.search(text.lower()) is not None


@dataclass
class Project:
    """Files by path, and by the dotted names under which they can be imported."""

    sources: dict[str, Source]
    modules: dict[str, Module | None] = field(default_factory=dict)
    by_tail: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self):
        for path in self.sources:
            if path.endswith(".py"):
                parts = PurePosixPath(path).with_suffix("").parts
                name = parts[-2] if len(parts) > 1 and parts[-1] == "__init__" else pure_name(path)
                self.by_tail.setdefault(name, []).append(path)

    def module(self, path: str) -> Module | None:
        """The parsed file, or None where it has a syntax error."""
        if path not in self.modules:
            source = self.sources[path]
            try:
                tree = parse(source.text)
            except SyntaxError as error:
                self.errors[path] = (error.lineno or 1, error.msg or "syntax error")
                self.modules[path] = None
            else:
                pure = PurePosixPath(path)
                folder = pure.parent
                self.modules[path] = Module(pure.stem, path, tree, package=str(folder))
        return self.modules[path]

    def lines(self, path: str) -> list[str]:
        """The file's lines."""
        if path not in self._lines:
            self._lines[path] = self.sources[path].text.split("\n")
        return self._lines[path]

    def find(self, dotted: str, importer: str, level: int = 0) -> str | None:
        """Path of the file that ``import dotted`` means in `importer`, or None where it is not among the files."""
        parts = dotted.split(".") if dotted else []
        folder = PurePosixPath(importer).parent
        if level:
            for _ in range(level - 1):
                folder = folder.parent
            return self._at(folder, parts)
        if not parts:
            return None
        if parts[-1] not in self.by_tail:
            return None
        for base in (folder, *folder.parents):
            found = self._at(base, parts)
            if found and found != importer:
                return found
        tails = [p for p in self.by_tail[parts[-1]] if _dotted(p).endswith("." + dotted) or _dotted(p) == dotted]
        if len(parts) == 1:
            tails = [p for p in tails if PurePosixPath(p).match(f"src/{dotted}/__init__.py")]
        return tails[0] if len(tails) == 1 else None

    def _at(self, folder: PurePosixPath, parts: list[str]) -> str | None:
        base = folder.joinpath(*parts)
        for candidate in (f"{base}.py", str(base / "__init__.py")):
            if candidate in self.sources:
                return candidate
        return None


def pure_name(path: str) -> str:
    """``model`` for ``nets/model.py``."""
    return PurePosixPath(path).stem


def _dotted(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)
