# What people run. Needs Python 3.11, 3.12 or 3.13, pip and make; the rest goes into .venv, in the versions of constraints.txt.
PYTHON ?= python3
FRAMEWORK ?= torch

VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/installed
PROJECTS := . exports $(sort $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml)))
PYPROJECTS := $(PROJECTS:%=%/pyproject.toml)
# Every file but torch's, whose builds differ from index to index, must have one of the hashes of hashes.txt. `HASHES=` is
# for an index that has built packages anew: it installs the same versions unchecked.
HASHES ?= --no-require-hashes --constraint hashes.txt
PIP_INSTALL := install --quiet --disable-pip-version-check --constraint constraints.txt $(HASHES)
INSTALL := $(BIN)/python -m pip $(PIP_INSTALL)
# The build tools come from constraints.txt too, so no project is built with anything else.
INSTALL_PROJECTS = $(INSTALL) --no-build-isolation --editable '.[$(EXTRAS)]' --editable './exports[export]'
$(DONE)/torch $(DONE)/tensorflow: EXTRAS := demo,plot
$(DONE)/test: EXTRAS := arrow,bleu,demo,fonts,plot,report,serve,subwords,testing,tune

# $(call check_python,INTERPRETER,WHAT TO DO): one clear line where it is none of ours.
check_python = found=$$($(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || found='not found'; \
	case "$$found" in \
		3.11|3.12|3.13) ;; \
		*) echo "Python 3.11, 3.12 or 3.13 is needed; $(1) is $$found. $(2)" >&2; exit 1 ;; \
	esac

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-matrix lint wheels installed hashes audit bench models clean
.DELETE_ON_ERROR:
# One thing after the other, also with -j: all installs go into one environment.
.NOTPARALLEL:

help:
	@echo "make demo     train on dates, export, translate with onnxruntime (FRAMEWORK=torch or tensorflow; now $(FRAMEWORK))"
	@echo "make test     lint, then run every test"
	@echo "make test-long  faults, hostile inputs and damaged files in the numbers of docs/reliability.md; hours"
	@echo "make lint     format, lint, types and import rules only"
	@echo "make wheels   build the distributions into dist/ and check what they hold"
	@echo "make installed  install the wheels into a clean environment and test the example plugin there"
	@echo "make test-matrix  the tests with the oldest and the newest versions of what is required (ROWS=--list shows the plan)"
	@echo "make hashes   write hashes.txt anew, after a change of constraints.txt"
	@echo "make audit    look the pinned versions up among known vulnerabilities; asks the network"
	@echo "make bench    measure speed and memory beside the peers' own (ROW=train-words for a row, PAIRS=5)"
	@echo "make models   train and export the reference files in exports/models/ anew"
	@echo "make clean    remove what builds and tools left; .venv and runs stay"
	@echo "WORKERS=...   how many tests run at once; by default one for each processor, 4 at most"
	@echo "PYTHON=...    the interpreter that makes .venv, 3.11 to 3.13 (now $(PYTHON))"

ifneq ($(filter demo,$(MAKECMDGOALS)),)
ifeq ($(filter $(FRAMEWORK),torch tensorflow),)
$(error FRAMEWORK must be torch or tensorflow, given '$(FRAMEWORK)')
endif
endif

demo: $(DONE)/$(FRAMEWORK)
	$(BIN)/s2s demo --framework $(FRAMEWORK)

# A worker for each processor, of one thread, so that they don't get into each other's way; neighbours share fixtures.
WORKERS ?= auto
IN_WORKERS = --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal
# A test that stands still fails, and says where it stood: seconds until then.
PATIENCE = -o faulthandler_exit_on_timeout=true -o faulthandler_timeout
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest $(IN_WORKERS) $(PATIENCE)=600

test-long: $(DONE)/test
	S2S_LONG_TESTS=1 OMP_NUM_THREADS=1 $(BIN)/pytest -m long $(IN_WORKERS) $(PATIENCE)=7200

lint: $(DONE)/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

wheels: $(DONE)/test
	@rm -rf dist
	@for project in $(PROJECTS); do \
		echo "Building $$project"; \
		$(BIN)/python -m build -qq --no-isolation --outdir dist $$project || exit 1; \
	done
	S2S_DIST=dist $(BIN)/pytest tests/test_distributions.py

# What a stranger's plugin meets: the wheels in an environment of their own, and its tests outside of the tree.
CLEAN := build/clean
wheel = $(CURDIR)/dist/s2s_$(1)-*.whl
installed: wheels
	@rm -rf $(CLEAN)
	@$(BIN)/python -m venv --without-pip $(CLEAN)/venv
	@echo "Installing the wheels into $(CLEAN)"
	@$(BIN)/python -m pip --python $(CLEAN)/venv $(PIP_INSTALL) \
		$(foreach each,toolkit torch tensorflow onnx cosine,"$$(echo $(call wheel,$(each)))$(EXTRAS_$(each))")
	cp -r plugins/s2s-cosine/tests $(CLEAN)/tests
	cd $(CLEAN) && venv/bin/pytest --quiet --rootdir . -c /dev/null $(PATIENCE)=600 tests
EXTRAS_toolkit := [testing]
EXTRAS_onnx := [export]

# What a maintainer runs now and then; its tools are in an environment of their own, in their newest versions.
TOOLS := build/tools
$(TOOLS): $(DONE)/pip
	@$(BIN)/python -m venv --without-pip $@
	@$(BIN)/python -m pip --python $@ install --quiet --disable-pip-version-check pip-audit uv

hashes: $(TOOLS)
	$(TOOLS)/bin/uv pip compile --quiet --no-deps --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-package torch --upgrade constraints.txt --output-file hashes.txt

audit: $(TOOLS)
	$(TOOLS)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement constraints.txt

# Rows as `3.11-oldest`, or --list; an environment for each in build/matrix.
test-matrix: wheels
	OMP_NUM_THREADS=1 $(BIN)/python tests/matrix.py $(ROWS)

bench: $(DONE)/test
	$(BIN)/python -m benchmarks.speed $(ROW) --pairs $(or $(PAIRS),5)

models: $(DONE)/torch
	$(BIN)/python exports/models/make.py

clean:
	rm -rf dist build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# Makes .venv unless it is there. Debian's Python may lack ensurepip: there the interpreter's own pip brings one.
$(DONE)/pip: constraints.txt hashes.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(call check_python,$(PYTHON),Choose another: make $(MAKECMDGOALS) PYTHON=python3.12); \
		echo "Making $(VENV) with $(PYTHON)"; \
		$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
			|| { $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(VENV) install --quiet pip; }; \
	}
	@$(call check_python,$(BIN)/python,Remove $(VENV) and try again.)
	@sed -n '/^pip==/,/[^\]$$/p' hashes.txt \
		| $(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@$(INSTALL) hatchling editables
	@mkdir -p $(DONE) && touch $@

$(DONE)/torch $(DONE)/tensorflow: $(DONE)/%: $(DONE)/pip $(PYPROJECTS)
	@echo "Installing s2s-toolkit with $* into $(VENV); the first time takes some minutes"
	@$(INSTALL_PROJECTS) --editable ./plugins/s2s-$*
	@touch $@

$(DONE)/test: $(DONE)/pip $(PYPROJECTS)
	@echo "Installing s2s-toolkit, both frameworks and the development tools into $(VENV); the first time takes some minutes"
	@$(INSTALL_PROJECTS) --editable ./plugins/s2s-torch --editable './plugins/s2s-tensorflow[onnx]' \
		$(addprefix --editable ./plugins/s2s-,cosine tensorboard mlflow) --group dev
	@touch $(DONE)/torch $(DONE)/tensorflow $@
