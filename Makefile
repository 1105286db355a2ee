# Everything here needs Python 3.11 or newer and make, and nothing else.
PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.ready
LAMBDA_VENV := .venv-lambda/.ready
EVALUATOR := tests/policies/node_modules/.ready
FORMAT ?= cloudformation
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.PHONY: help deploy undeploy package docs demo test check test-browser chromium test-e2e prove mutants lint lock bench release clean

help: ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# One environment for everything: requirements-lock.txt has a version that suits all tools, and pip checks its hashes.
$(VENV): requirements-lock.txt
	$(PYTHON) -m venv --clear .venv
	$(PIP) install --requirement requirements-lock.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

# What Lambda has beside a function: boto3 and nothing else, not even pip.
$(LAMBDA_VENV): $(VENV)
	$(PYTHON) -m venv --clear --without-pip .venv-lambda
	$(PIP) --python .venv-lambda/bin/python install --constraint requirements-lock.txt boto3
	touch $@

# Node comes from the virtual environment too.
$(EVALUATOR): $(VENV) tests/policies/package-lock.json
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent --prefix tests/policies
	touch $@

# A stage is a Region, with a state file of its own in .chalice/deployed; no other Region is asked or touched.
deploy: $(VENV) ## REGION="eu-west-1 us-east-1": deploys to each, or brings it up to date
	$(call in_each_region,deploy)

undeploy: $(VENV) ## REGION="eu-west-1": removes it from each; snapshots and logs stay
	$(call in_each_region,delete)

define in_each_region
	@test -n "$(REGION)" || { echo "Say where: make $@ REGION=eu-west-1, or several in quotes" >&2; exit 2; }
	@set -e; for region in $(REGION); do \
	  echo "$$region: chalice $(1)"; \
	  AWS_DEFAULT_REGION=$$region $(BIN)/chalice $(1) --stage $$region; \
	done
endef

package: $(VENV) ## FORMAT=cloudformation, stack-set or terraform: what these deploy, in build/
	@$(BIN)/python -m deploy $(FORMAT)

docs: $(VENV) ## writes the table in docs/permissions.md anew, from the policies
	@$(BIN)/python -m deploy.permissions

demo: $(VENV) ## thirty days of a small company, in a local AWS, in under a minute
	@$(BIN)/python -m emulator.demo

test: $(VENV) $(EVALUATOR) ## the test suite, with coverage
	$(BIN)/python -m pytest -n auto --cov --cov-report=
	$(BIN)/python -m pytest -m node --cov --cov-append --cov-report=term

lint: $(VENV) ## style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

check: lint test ## style, types, imports and tests

prove: $(VENV) ## a fault at every AWS call, every two functions at once, chaos of events; takes about an hour
	@$(BIN)/python -m tests.proof.faults
	@$(BIN)/python -m tests.proof.pairs
	@$(BIN)/python -m tests.proof.chaos --examples 200

mutants: $(VENV) ## changes the code that decides in about 3,000 small ways, each of which must fail a test; takes ten minutes
	@$(BIN)/python -m tests.mutants

bench: $(VENV) ## ONLY="calls fleet": cost and speed against the limits of AWS, to build/bench.json and .svg; takes a quarter of an hour
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

test-browser: $(VENV) ## the report's page in a real browser; make chromium installs one
	$(BIN)/python -m pytest tests/browser -m browser

chromium: ## installs Debian's chromium if there is none
	@command -v chromium > /dev/null \
	  || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null; } \
	  || echo "chromium could not be installed: make test-browser will skip its tests" >&2

test-e2e: $(VENV) $(LAMBDA_VENV) ## deploys to a local AWS that runs the functions
	$(BIN)/python -m pytest tests/e2e -m e2e

lock: $(VENV) ## OPTIONS=--upgrade: writes the exact versions of all dependencies, from pyproject.toml
	$(COMPILE) $(OPTIONS) --group dev pyproject.toml --output-file requirements-lock.txt
	$(COMPILE) --constraint requirements-lock.txt --group lambda --output-file requirements.txt

release: check ## creates the tag of the version in reactor_cli/__init__.py, with its notes from CHANGELOG.md
	@$(BIN)/python -m deploy.release tag

clean: ## removes what was made
	rm -rf .venv .venv-lambda mutants build tests/policies/node_modules .chalice/deployments .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
