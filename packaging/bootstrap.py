"""The project's commands on a machine that has nothing but Python: `python packaging/bootstrap.py COMMAND`.

`make COMMAND` calls it; on Windows it is called as it is. Only the standard library, in a form that an old
Python can still read, so that it can look for a newer one or say in one line what is missing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

import environment
import system_packages

LINT = ("ruff", "format check", "types", "types of packaging", "import contracts")


def main() -> int:
    """Run one command and give its exit code."""
    parser = argparse.ArgumentParser(description="Make .venv if needed, then run a command in it.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for `medlabel demo` or pytest")
    options = parser.parse_args()
    environment.continue_in_suitable_python()
    os.chdir(environment.ROOT)
    try:
        return COMMANDS[options.command](options.arguments)
    except environment.BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(arguments: list[str]) -> int:
    """The main job on the built-in samples; opens the window where there is a display and Qt can use it."""
    environment.ensure_installed(environment.VENV, ())
    window = [] if window_can_open() else ["--no-window"]
    return subprocess.call([environment.script("medlabel"), "demo", *window, *arguments])


def test(arguments: list[str]) -> int:
    """Lint, types, import contracts, and every test with line and branch coverage; all run, failures last."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    if not system_packages.ensure(system_packages.OFFSCREEN, "The tests of the window need libraries."):
        return 1
    system_packages.ensure(system_packages.VIRTUAL_SCREEN, "End-to-end tests need a virtual screen.")
    pytest = [environment.python(), "-m", "pytest", "--continue-on-collection-errors"]
    coverage = ["--cov", "--cov-branch", "--cov-report=term"]
    steps = dict(lint_steps(), pytest=[*pytest, *coverage, *side_by_side(), *arguments])
    if not arguments:  # some of the tests alone do not cover it
        steps["whole coverage of the store and the exports"] = whole_coverage()
    return run_all(steps)


def whole_coverage() -> list[str]:
    """Fails, and shows what is missing, unless every branch of what could lose a decision was tested."""
    report = [environment.python(), "-m", "coverage", "report", "--fail-under=100", "--show-missing"]
    return [*report, "--include=core/project/*,core/exports/*"]


def lint(_: list[str]) -> int:
    """Everything of `test` that reads the source without running it."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    return run_all(lint_steps())


def format_source(_: list[str]) -> int:
    """Let ruff rewrite the source: import order, simple fixes, layout."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    ruff = [environment.python(), "-m", "ruff"]
    return run_all({"fix": [*ruff, "check", "--fix", "."], "format": [*ruff, "format", "."]})


def test_core(arguments: list[str]) -> int:
    """The core's tests without Qt: in an environment that never had it, and where importing it fails."""
    without_qt = environment.ensure_core_environment()
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    paths = [path for path in ("tests/core", "tests/property") if (environment.ROOT / path).is_dir()]
    pytest = ["-m", "pytest", "-p", "no:pytest-qt", "-q", *arguments]
    os.environ["MEDLABEL_BLOCK_QT"] = ""
    never = run_all({"core without Qt installed": [without_qt, *pytest, *side_by_side(), *paths]})
    os.environ["MEDLABEL_BLOCK_QT"] = "1"  # read by tests/conftest.py
    imports = "tests/core/test_imports.py"
    return run_all({"imports with Qt blocked": [environment.python(), *pytest, imports]}) or never


def bench(arguments: list[str]) -> int:
    """Measure speed and print one table; nothing fails on a figure."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    if not system_packages.ensure(system_packages.OFFSCREEN, "The window needs libraries."):
        return 1
    return subprocess.call([environment.python(), "-m", "tests.benchmarks", *arguments])


def bench_refine(arguments: list[str]) -> int:
    """The second stage on emulated errors, beside what it should reach; nothing fails on a figure."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    return subprocess.call([environment.python(), "-m", "tests.benchmarks.refine", *arguments])


def fuzz(arguments: list[str]) -> int:
    """Give every reader damaged files and say how far they came; fails when one was not refused in words."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return subprocess.call([environment.python(), "-m", "tests.fuzz", *arguments])


def kill(arguments: list[str]) -> int:
    """End a process that edits projects by SIGKILL, hundreds of times; fails when a project does not hold."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    return subprocess.call([environment.python(), "-m", "tests.benchmarks.kill", *arguments])


def pictures(arguments: list[str]) -> int:
    """Make the pictures of the docs again, from the built-in samples."""
    environment.ensure_installed(environment.VENV, ("test", "lint"))
    return subprocess.call([environment.python(), "-m", "tests.pictures", *arguments])


COMMANDS = {
    "demo": demo,
    "test": test,
    "lint": lint,
    "format": format_source,
    "test-core": test_core,
    "bench": bench,
    "bench-refine": bench_refine,
    "fuzz": fuzz,
    "kill": kill,
    "pictures": pictures,
}


def side_by_side() -> list[str]:
    """Tests in as many processes as there are cores, at most four; each computes with one thread then."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return ["-n", str(min(4, os.cpu_count() or 1))]


def lint_steps() -> dict[str, list[str]]:
    """Name and command line of each check of the source."""
    python = [environment.python(), "-m"]
    own = [str(path) for path in sorted((environment.ROOT / "packaging").glob("*.py"))]
    commands = (
        [*python, "ruff", "check", "--output-format", "concise", "."],
        [*python, "ruff", "format", "--check", "."],
        [*python, "mypy"],
        [*python, "mypy", "--strict", *own],
        [environment.script("lint-imports")],
    )
    return dict(zip(LINT, commands, strict=True))


def run_all(steps: dict[str, list[str]]) -> int:
    """Run every step even if one fails; a short list of results at the end. 1 if any failed."""
    # Qt draws into memory: nothing pops up, no screen is needed. End-to-end tests choose for themselves.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    results = []
    for name, command in steps.items():
        print(f"\n== {name} ==", flush=True)
        started = time.monotonic()
        code = subprocess.call(command)
        results.append((name, code, time.monotonic() - started))
    print()
    for name, code, seconds in results:
        print(f"{'FAILED' if code else 'ok':<8} {name} ({seconds:.0f} s)", flush=True)
    return 1 if any(code for _, code, _ in results) else 0


def window_can_open() -> bool:
    """False on a Linux with a screen that lacks what Qt needs to show a window and cannot be given it."""
    if os.environ.get("WAYLAND_DISPLAY"):
        return system_packages.ensure(system_packages.WAYLAND, "The window needs libraries.")
    if os.environ.get("DISPLAY"):
        return system_packages.ensure(system_packages.X11, "The window needs libraries.")
    return True  # nothing to show it on, or a system on which Qt brings all it needs


if __name__ == "__main__":
    sys.exit(main())
