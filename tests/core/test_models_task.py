"""The devices that can be chosen, getting ready, and the download as a task. torch is a stand-in here."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.processes import WorkerProcess
from core.tasks import models
from core.tasks.models import DeviceInfo, DownloadSpec, describe_devices, download, warm_up


def torch_with(cuda: bool = False, mps: bool = False, built_for: str | None = "12.8") -> SimpleNamespace:
    facts = SimpleNamespace(name="NVIDIA H100", total_memory=80 * 2**30)
    return SimpleNamespace(
        cuda=SimpleNamespace(is_available=lambda: cuda, get_device_properties=lambda _: facts),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
        version=SimpleNamespace(cuda=built_for),
    )


def described(monkeypatch: pytest.MonkeyPatch, torch: SimpleNamespace) -> dict[str, DeviceInfo]:
    monkeypatch.setitem(sys.modules, "torch", torch)
    return {device.id: device for device in describe_devices(None, JobContext())}


def test_that_a_gpu_is_told_with_its_name_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    found = described(monkeypatch, torch_with(cuda=True))
    assert found["cuda"] == DeviceInfo("cuda", "NVIDIA H100", 80 * 2**30, True)


def test_that_the_cpu_is_always_there_with_the_memory_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.os, "cpu_count", lambda: 8)
    monkeypatch.setattr(models.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    found = described(monkeypatch, torch_with())
    assert list(found) == ["cpu", "cuda", "mps"]
    assert found["cpu"] == DeviceInfo("cpu", "CPU, 8 cores", 4_096_000, True)


def test_that_a_system_that_tells_no_memory_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(models.os, "cpu_count", lambda: 1)
    monkeypatch.setattr(models.os, "sysconf", refuse)
    assert described(monkeypatch, torch_with())["cpu"] == DeviceInfo("cpu", "CPU", 0, True)


@pytest.mark.parametrize(
    ("built_for", "why"), [(None, "built without CUDA"), ("12.8", "No NVIDIA GPU with a driver")]
)
def test_that_a_gpu_that_is_not_there_says_why(
    monkeypatch: pytest.MonkeyPatch, built_for: str | None, why: str
) -> None:
    cuda = described(monkeypatch, torch_with(built_for=built_for))["cuda"]
    assert not cuda.available and why in cuda.why_not


@pytest.mark.parametrize(("system", "why"), [("Darwin", "macOS"), ("Linux", "on Macs")])
def test_that_a_missing_apple_gpu_says_why(monkeypatch: pytest.MonkeyPatch, system: str, why: str) -> None:
    monkeypatch.setattr(models.platform, "system", lambda: system)
    mps = described(monkeypatch, torch_with())["mps"]
    assert not mps.available and why in mps.why_not
    assert described(monkeypatch, torch_with(mps=True))["mps"].available


def test_that_the_devices_are_what_torch_of_this_machine_finds() -> None:
    process = WorkerProcess()
    try:
        found = process.task("core.tasks.models:describe_devices", None)(JobContext())
    finally:
        process.close()
    assert isinstance(found, tuple) and [device.id for device in found] == ["cpu", "cuda", "mps"]
    assert all(device.available != bool(device.why_not) for device in found)


def test_that_warming_up_loads_what_labelling_needs() -> None:
    code = """
import sys
from core.jobs import JobContext
from core.tasks.models import warm_up
assert "torch" not in sys.modules
warm_up(None, JobContext())
print(sorted({"torch", "open_clip"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['open_clip', 'torch']"


@pytest.mark.parametrize("task", [describe_devices, warm_up])
def test_that_a_cancelled_task_loads_nothing(monkeypatch: pytest.MonkeyPatch, task) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it would raise
    ctx = JobContext()
    ctx.cancel()
    with pytest.raises(JobCancelled):
        task(None, ctx)


def test_that_the_download_task_fetches_the_model_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetched(entry, ctx):
        asked.append(entry.id)
        return SimpleNamespace(path=Path("weights"))

    monkeypatch.setattr("core.zeroshot.weights.download", fetched)
    assert download(DownloadSpec("biomedclip"), JobContext()) == Path("weights")
    assert asked == ["biomedclip"]
    with pytest.raises(UserError, match="no model 'nothing'"):
        download(DownloadSpec("nothing"), JobContext())
