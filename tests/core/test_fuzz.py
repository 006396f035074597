"""A short run of `make fuzz`, and that it finds what it is made to find."""

import os
import time

import pytest

from core.images.slices import ALL_AXIAL
from tests.fuzz import targets, worker
from tests.fuzz.harness import Batch, batches_of, run, signature
from tests.fuzz.seeds import READERS, seeds

FEW = 120


def test_that_no_damaged_file_does_more_than_be_refused(tmp_path):
    results = run([batch for reader in READERS for batch in batches_of(reader, FEW, 1)], tmp_path, 1)
    assert [(found.reader, found.tried) for found in results] == [(reader, FEW) for reader in READERS]
    for found in results:
        assert not found.failed, [(path.name, signature(path)) for path in found.kept]
        assert found.passed >= found.read > FEW // 20, "hardly anything came past the header"


@pytest.mark.parametrize("reader", READERS)
def test_that_whole_files_are_read(tmp_path, reader):
    came = [targets.try_file(name, data, tmp_path, ALL_AXIAL) for name, data in seeds(reader)]
    assert came.count(targets.READ) > 0.7 * len(came)


def _worker(tmp_path, monkeypatch, what):
    """Run one batch in this process with a reader that does `what`; the counters."""
    counters = [0] * 5
    monkeypatch.setattr(worker, "try_file", what)
    monkeypatch.setattr(worker, "_limit", lambda memory: None)
    monkeypatch.setattr(worker, "_be_quiet", lambda: None)
    worker.work([Batch("raster", 7, 20)], 0, counters, tmp_path, 20, 0)
    return counters


def test_that_an_exception_that_is_no_refusal_is_kept_with_its_input(tmp_path, monkeypatch):
    def fails(name, data, folder, choice):
        raise ZeroDivisionError(name)

    assert _worker(tmp_path, monkeypatch, fails) == [1, 20, 0, 0, 20]
    texts = sorted(tmp_path.glob("raster-7-*.txt"))
    assert len(texts) == 20 and all("ZeroDivisionError" in signature(path) for path in texts)
    assert len(list(tmp_path.glob("raster-7-*"))) == 40 and not list(tmp_path.glob("current*"))


def test_that_the_same_seed_gives_the_same_inputs(tmp_path, monkeypatch):
    runs: list[list[bytes]] = [[], []]
    for found in runs:

        def keeps(name, data, folder, choice, found=found):
            found.append(data)
            return targets.HEADER

        assert _worker(tmp_path, monkeypatch, keeps) == [1, 20, 20, 0, 0]
    assert runs[0] == runs[1] and len(set(runs[0])) > 10


def _work_badly(batches, first, *others):
    """Die in the first batch, hang in the second."""

    def badly(name, data, folder, choice):
        if first == 0:
            os._exit(3)
        while True:
            time.monotonic()

    worker.try_file = badly
    worker.work(batches, first, *others)


@pytest.mark.skipif(not hasattr(worker.signal, "SIGALRM"), reason="this system has no alarm")
def test_that_a_crash_and_a_hang_name_their_input_and_the_next_batch_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fuzz.harness.work", _work_badly)
    (found,) = run([Batch("raster", 1, 5), Batch("raster", 2, 5)], tmp_path, 1, seconds=1)
    assert (found.tried, found.failed) == (2, 2)
    assert [path.name.split("-")[0] for path in found.kept] == ["crash3", "hang"]
    assert all(path.stat().st_size for path in found.kept)
