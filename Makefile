# The two commands are `make book` and `make test`; both set up what they need.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: book html zip pdf serve lab test check lint pages bench firm lock clean

book: html serve  ## build the book and serve it

html: .venv/book  ## build the pages into _build/html
	$(BIN)/python -m coalescence.book

zip: html  ## the pages in one file that opens from disk: dist/strategic-coalescence.zip
	$(BIN)/python -m coalescence.offline zip

pdf: .venv/book  ## the whole book on paper (needs Chromium or Chrome): dist/strategic-coalescence.pdf
	$(BIN)/python -m coalescence.offline pdf

serve:
	@echo "The book is at http://localhost:$(PORT)/ (stop it with Ctrl-C)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: .venv/test  ## open the chapters as notebooks
	PYTHONPATH=$(CURDIR) $(BIN)/jupyter lab book/index.md

test: check html pages  ## everything

check: .venv/test lint  ## the quick part: style, types, models, data, labs
	$(BIN)/python -m pytest -n auto -m "not browser and not build and not kernel" \
	    --cov=coalescence.models --cov-branch --cov-report=term --cov-fail-under=95

lint: .venv/test
	$(BIN)/ruff check coalescence tests
	$(BIN)/ruff format --check coalescence tests
	$(BIN)/mypy

pages: .venv/test  ## the built pages in a real browser, and a chapter in a real JupyterLab
	$(BIN)/python -m pytest -n auto -m "browser or build or kernel"

bench: .venv/test html  ## weight and speed, as ratios to the default way
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_models

.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/book: .venv/made requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/test: .venv/book tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header pyproject.toml

lock:  ## resolve the versions again, after a change in pyproject.toml (needs uv)
	$(LOCK) --extra book -o requirements.txt
	$(LOCK) --extra book --extra run --extra test -c requirements.txt -o tests/requirements.txt
	$(LOCK) --extra run -c tests/requirements.txt -o .binder/requirements.txt

firm: .venv/book  ## fit the whole firm again, after a change in the data or the model
	$(BIN)/python -m coalescence.refit

clean:  ## remove what was built; the set-up stays
	rm -rf _build
