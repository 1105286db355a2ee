# Everything here needs Python 3.11 or newer and make. All other tools are installed in .venv.
PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.ready
LAMBDA_VENV := .venv-lambda/.ready
EVALUATOR := tests/policies/node_modules/.ready
FORMAT ?= cloudformation
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.PHONY: help deploy undeploy package docs demo test check test-browser chromium test-recipes databases test-e2e prove mutants lint lock bench release clean

help: ## lists the targets
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

# Node is in .venv, too.
$(EVALUATOR): $(VENV) tests/policies/package-lock.json
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent --prefix tests/policies
	touch $@

# Each Region is a stage of Chalice, with its own state file in .chalice/deployed. No other Region is read or changed.
deploy: $(VENV) ## REGION="eu-west-1 us-east-1": deploys the app to these Regions, or updates it
	$(call in_each_region,deploy)

undeploy: $(VENV) ## REGION="eu-west-1": removes the app from these Regions; snapshots and logs stay
	$(call in_each_region,delete)

define in_each_region
	@test -n "$(REGION)" || { echo "Name the Region: make $@ REGION=eu-west-1, or several in quotes" >&2; exit 2; }
	@set -e; for region in $(REGION); do \
	  echo "$$region: chalice $(1)"; \
	  AWS_DEFAULT_REGION=$$region $(BIN)/chalice $(1) --stage $$region; \
	done
endef

package: $(VENV) ## FORMAT=cloudformation, stack-set or terraform: writes the files to deploy with it to build/
	@$(BIN)/python -m deploy $(FORMAT)

docs: $(VENV) ## writes the table in docs/permissions.md from the policies
	@$(BIN)/python -m deploy.permissions

demo: $(VENV) ## shows thirty days of a small company on an emulated AWS, in about a minute
	@$(BIN)/python -m emulator.demo

test: $(VENV) $(EVALUATOR) ## runs the test suite, with coverage
	$(BIN)/python -m pytest -n auto --cov --cov-report=
	$(BIN)/python -m pytest -m node --cov --cov-append --cov-report=term

lint: $(VENV) ## checks style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

check: lint test ## runs lint and test

prove: $(VENV) ## tries all small worlds, a fault at every AWS call, every two functions at once, troubles that last, chaos; takes 90 minutes
	@$(BIN)/python -m tests.exhaustive
	@$(BIN)/python -m tests.proof.faults
	@$(BIN)/python -m tests.proof.pairs
	@$(BIN)/python -m tests.proof.lasting
	@$(BIN)/python -m tests.proof.chaos --examples 200

mutants: $(VENV) ## checks that each small change to the code that decides fails a test; takes ten minutes
	@$(BIN)/python -m tests.mutants

bench: $(VENV) ## ONLY="calls fleet": measures cost and speed, and writes build/bench.json and .svg; takes 15 minutes
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

test-browser: $(VENV) ## tests the report's page in a browser; `make chromium` installs one
	$(BIN)/python -m pytest tests/browser -m browser

chromium: ## installs the chromium of Debian, if there is none
	@command -v chromium > /dev/null \
	  || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null; } \
	  || echo "chromium could not be installed: make test-browser will skip its tests" >&2

test-recipes: $(VENV) ## as root, tests the hooks of docs/consistency.md; `make databases` installs what they are for
	$(BIN)/python -m pytest tests/recipes -m recipes

# Debian creates and starts a database on installation, unless it is told not to.
databases: ## installs the PostgreSQL and MariaDB of Debian, and what real filesystems need; starts nothing
	@{ apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-common \
	  && sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
	  && apt-get install -y -qq --no-install-recommends postgresql mariadb-server-core mariadb-client-core \
	    xfsprogs btrfs-progs lvm2 user-mode-linux busybox; } > /dev/null \
	  || echo "the databases could not be installed: make test-recipes will skip their tests" >&2

test-e2e: $(VENV) $(LAMBDA_VENV) ## deploys to a local AWS that runs the functions, and tests them
	$(BIN)/python -m pytest tests/e2e -m e2e

lock: $(VENV) ## OPTIONS=--upgrade: writes the exact versions of all dependencies in pyproject.toml
	$(COMPILE) $(OPTIONS) --group dev pyproject.toml --output-file requirements-lock.txt
	$(COMPILE) --constraint requirements-lock.txt --group lambda --output-file requirements.txt

release: check ## creates the tag of the version in reactor_cli/__init__.py, with its notes from CHANGELOG.md
	@$(BIN)/python -m deploy.release tag

clean: ## removes all that these targets create in this directory
	rm -rf .venv .venv-lambda mutants build tests/policies/node_modules .chalice/deployments .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
