# What a contributor does, in the order of a first day. `make` alone prints it.

# Any Python will do to start with: scripts/preflight.py looks for a good one, or says how to get it.
python3 := $(shell command -v python3 || command -v python3.11 || command -v python3.12 || command -v python3.13)
run     := .venv/run.stamp
dev     := .venv/dev.stamp
bin     := .venv/bin

.NOTPARALLEL:
.PHONY: help demo test check pytest format migration screenshots install setup lock clean chromium

help: ## this list
	@echo "Rejoinder: what the press said today, beside what the campaign answers."
	@echo
	@sed -nE 's/^([a-z%-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo 'The first call sets up .venv. Only "make test" may install something beside it: Chromium, as root on Debian.'

demo: $(run) ## the whole product on the sample campaign, on this machine alone (Ctrl-C ends it)
	@if [ -t 0 ] && [ -t 1 ]; then exec $(bin)/digest demo; else exec $(bin)/digest demo --once; fi

test: check chromium pytest ## everything that must pass: `make check`, then every test

check: $(dev) ## format, lint, types and the direction of imports; a minute
	$(bin)/ruff format --check
	$(bin)/ruff check
	$(bin)/lint-imports --no-logo
	$(bin)/mypy

pytest: $(dev) ## the tests; some of them: make pytest ARGS='tests/unit -k outbox'
	$(bin)/pytest -n 2 --dist loadgroup $(ARGS)

format: $(dev) ## write every file as `make check` wants it
	$(bin)/ruff format
	$(bin)/ruff check --fix

migration: $(dev) ## a new schema migration: make migration NAME='add outbox'
	$(bin)/python -m scripts.migration "$(NAME)"

screenshots: $(dev) chromium ## docs/images/, of the sample campaign
	$(bin)/python -m scripts.screenshots

bench-%: $(dev) ## one benchmark of bench/: make bench-replay ARGS='...'
	$(bin)/python -m bench.$* $(ARGS)

install: $(run) ## what the product needs to run, and no development tools: for a server

setup: $(run) $(dev) ## the virtual environment, with the development tools

lock: $(dev) ## requirements/*.lock from pyproject.toml, at the newest versions it allows
	$(bin)/python -m scripts.lock

clean: ## remove what make made; the next call sets up again
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

$(run): scripts/set_up.py requirements/pip.lock requirements/torch.lock requirements/run.lock
	@python=$$($(python3) -m scripts.preflight run) && "$$python" -m scripts.set_up run

$(dev): $(run) requirements/dev.lock
	@python=$$($(python3) -m scripts.preflight dev) && "$$python" -m scripts.set_up dev

# Browser tests drive the system's Chromium; without one they skip, and with CI=1 they fail.
chromium:
	@scripts/chromium.sh
