# demo  run a sample agent, no key and no server, and print its trace and summary
# test  all tests, on the newest and on the oldest supported libraries
# check format, lint, types, import rule, drift of generated files
# bench what watching costs, as ratios to a hand-written floor, into docs/overhead.md
# gen   tables, constants and reference from semconv/model; docs from the code
# lock  compile requirements/*.txt anew

.PHONY: demo test test-newest test-oldest test-wheel check bench gen docs lock clean
.DELETE_ON_ERROR:

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
OLDEST := .venv-oldest
DISTRO := $(VENV)/opentelemetry-distro
BIN := $(VENV)/bin
UV := $(BIN)/uv
NEWEST_READY := $(VENV)/.ready
OLDEST_READY := $(OLDEST)/.ready
# A file stays in one worker: what its fixtures start is started once.
PARALLEL := --numprocesses auto --dist loadfile

$(UV):
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(NEWEST_READY): requirements/dev.txt requirements/distro.txt pyproject.toml | $(UV)
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	$(UV) pip install --quiet --require-hashes --no-deps --python $(BIN)/python --target $(DISTRO) -r requirements/distro.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps -e .
	@touch $@

$(OLDEST_READY): requirements/oldest.txt pyproject.toml | $(UV)
	$(UV) venv --quiet --clear --python $(BIN)/python $(OLDEST)
	VIRTUAL_ENV=$(OLDEST) $(UV) pip install --quiet --require-hashes -r requirements/oldest.txt
	VIRTUAL_ENV=$(OLDEST) $(UV) pip install --quiet --no-deps -e .
	@touch $@

demo: $(NEWEST_READY)
	@$(BIN)/python examples/run.py $(if $(REAL),--real) demo

test: test-newest test-oldest test-wheel

test-newest: $(NEWEST_READY)
	$(BIN)/python -m pytest $(PARALLEL)

test-oldest: $(OLDEST_READY)
	$(OLDEST)/bin/python -m pytest $(PARALLEL) tests/unit/formats tests/shapes tests/transparency tests/safety tests/contract

test-wheel: $(NEWEST_READY)
	UV=$(UV) $(BIN)/python tests/wheel.py

check: $(NEWEST_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/python semconv/check.py
	$(BIN)/python docs/generate.py --check

gen: $(NEWEST_READY)
	$(BIN)/python semconv/generate.py
	$(BIN)/python docs/generate.py

docs: $(NEWEST_READY)
	$(BIN)/python docs/generate.py

bench: $(NEWEST_READY)
	$(BIN)/python bench/run.py
	$(BIN)/python bench/sink.py

COMPILE := pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.10

lock: | $(UV)
	$(UV) $(COMPILE) --extra terminal -o requirements/dev.txt pyproject.toml requirements/dev.in
	$(UV) $(COMPILE) -o requirements/oldest.txt pyproject.toml requirements/oldest.in
	$(UV) $(COMPILE) --no-deps -o requirements/distro.txt requirements/distro.in

clean:
	rm -rf $(VENV) $(OLDEST)
