# Everything works on a fresh clone: the first target that needs it makes .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: setup demo test check bench clean

setup: $(STAMP)

# torch's own index serves CPU builds; constraints.txt pins the version that the tests were run with.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt --editable '.[train,images,scale,onnx]' --group dev
	touch $@

demo: $(STAMP)
	$(BIN)/labelwise compare digits

# Two processes with one thread each: the tests are many and small.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/pyright
	$(BIN)/lint-imports

# Each script prints its table; speed is a ratio taken in one process.
bench: $(STAMP)
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/planted/table.py

clean:
	rm -rf .venv build dist
