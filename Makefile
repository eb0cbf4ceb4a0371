# The two commands are `make book` and `make test`; both set up what they need.
PYTHON ?= python3
PORT ?= 8000
REMOTE ?= origin
BIN := .venv/bin

.PHONY: book html zip pdf teacher student fork chapter assignments serve lab test check lint pages bench firm lock notebooks clean

book: html serve  ## build the book and serve it

html: .venv/book  ## build the pages into _build/html
	$(BIN)/python -m coalescence.book

teacher: .venv/book  ## build the teacher's edition, answers and all, into _build/teacher/html
	$(BIN)/python -m coalescence.book --edition teacher

student: .venv/book  ## write the repository that students see: make student OUT=../my-course-public
	$(BIN)/python -m coalescence.edition "$(OUT)"

fork: .venv/book  ## make it your course: make fork REPO=https://github.com/me/my-course TITLE=... AUTHOR=... TERM=...
	$(BIN)/python -m coalescence.fork course --repository "$(REPO)" --title "$(TITLE)" --author "$(AUTHOR)" --term "$(TERM)"

chapter: .venv/book  ## begin a chapter of your own: make chapter NAME=our-firm TITLE="Our firm"
	$(BIN)/python -m coalescence.fork chapter "$(NAME)" --title "$(TITLE)"

assignments: .venv/test  ## generate nbgrader assignments from the chapters into _build/assignments
	$(BIN)/python -m coalescence.assignments

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
	CASEBOOK_TABLES=casebook $(BIN)/python -m pytest -n auto -m "not browser and not build and not kernel" \
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
	uv pip compile --quiet --python-version 3.14 --python-platform wasm32-pyodide2024 --generate-hashes \
	    --no-header --no-annotate --group lite -c .binder/requirements.txt --no-emit-package markupsafe \
	    --no-emit-package rpds-py --no-emit-package widgetsnbextension -o coalescence/page/lite.txt

notebooks:  ## send the built notebooks to the branch that Colab and class servers read
	cd _build/html/_sources && export GIT_DIR=$$(git rev-parse --absolute-git-dir) GIT_WORK_TREE=. \
	    GIT_INDEX_FILE=$$(mktemp -u) && git add --force '*.ipynb' && tree=$$(git write-tree) && \
	    last=$$(git fetch --quiet $(REMOTE) notebooks 2>/dev/null && echo -p FETCH_HEAD || true) && \
	    made=$$(git -c user.name=casebook -c user.email=casebook@localhost \
	        commit-tree -m "The chapters as notebooks" $$last $$tree) && \
	    git push --quiet $(REMOTE) $$made:refs/heads/notebooks

firm: .venv/book  ## fit the whole firm again, after a change in the data or the model
	$(BIN)/python -m coalescence.refit

clean:  ## remove what was built; the set-up stays
	rm -rf _build
