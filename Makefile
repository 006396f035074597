# Everything is done by packaging/bootstrap.py, which needs only Python (3.11 or newer) and makes .venv itself.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) packaging/bootstrap.py

.PHONY: demo test test-core bench bench-refine fuzz kill pictures lint format clean help

help:
	@echo "make demo       label the built-in sample images and show the result"
	@echo "make test       lint, types, import contracts and all tests with coverage"
	@echo "make test-core  the core's tests where Qt was never installed, and with Qt blocked"
	@echo "make bench      measure speed and print one table; ARGS=--full for the large sizes"
	@echo "make bench-refine ARGS='--data DIR --out DIR'   the second stage beside what it should reach"
	@echo "make fuzz       damaged files for every reader; ARGS='--reader dicom --inputs 100000'"
	@echo "make kill       kill a process that edits projects, ARGS='--kills 500', and check what is left"
	@echo "make pictures   make the pictures of the docs again"
	@echo "make lint       only what reads the source"
	@echo "make format     let ruff fix and lay out the source"
	@echo "make clean      remove caches and build products; environments stay"

demo:
	$(BOOTSTRAP) demo

test:
	$(BOOTSTRAP) test

test-core:
	$(BOOTSTRAP) test-core

bench:
	$(BOOTSTRAP) bench $(ARGS)

bench-refine:
	$(BOOTSTRAP) bench-refine $(ARGS)

fuzz:
	$(BOOTSTRAP) fuzz $(ARGS)

kill:
	$(BOOTSTRAP) kill $(ARGS)

pictures:
	$(BOOTSTRAP) pictures

lint:
	$(BOOTSTRAP) lint

format:
	$(BOOTSTRAP) format

clean:
	rm -rf build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find core medlabel_gui tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +
