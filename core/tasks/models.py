"""The models that can label and the devices they compute on; fetching a model, getting ready to use one."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from core.jobs import JobContext
from core.zeroshot.catalogue import find_model, is_present, models


@dataclass(frozen=True)
class ModelInfo:
    """A row of the catalogue; `present` says whether its weights are on this machine."""

    id: str
    title: str
    size_mb: int
    licence: str
    context_length: int
    good_for: str
    present: bool


@dataclass(frozen=True)
class DownloadSpec:
    """`model` is an id of the catalogue."""

    model: str


@dataclass(frozen=True)
class DeviceInfo:
    """Something to compute on. `id` is what tasks take as `device`; `memory_bytes` is 0 where it is not known.

    `why_not` says why a device that is not `available` cannot be used on this machine.
    """

    id: str
    title: str
    memory_bytes: int
    available: bool
    why_not: str = ""


def describe_models() -> list[ModelInfo]:
    """The whole catalogue. Touches no network and loads no torch."""
    return [
        ModelInfo(
            entry.id,
            entry.title,
            entry.size_mb,
            entry.licence,
            entry.context_length,
            entry.good_for,
            is_present(entry),
        )
        for entry in models()
    ]


def download_model(name: str, ctx: JobContext) -> Path:
    """Fetch the weights of a model of the catalogue, once; where they are. The one task that uses the network.

    Raises `UserError` when there is no such model or no network.
    """
    from core.zeroshot.weights import download

    return download(find_model(name), ctx).path


def download(spec: DownloadSpec, ctx: JobContext) -> Path:
    """`download_model` as a task that can run in another process."""
    return download_model(spec.model, ctx)


def describe_devices(spec: None, ctx: JobContext) -> tuple[DeviceInfo, ...]:
    """CPU, CUDA and MPS, there or not. Loads torch, which takes seconds: not for a process with a window."""
    del spec
    ctx.check()
    import torch

    return _cpu(), _cuda(torch.cuda.is_available()), _mps(torch.backends.mps.is_available())


def warm_up(spec: None, ctx: JobContext) -> None:
    """Load what labelling and refining need in any case, so that the first job of this process starts quickly."""
    del spec
    ctx.check()
    import torch  # noqa: F401

    ctx.check()
    import open_clip  # noqa: F401


def _cpu() -> DeviceInfo:
    cores = os.cpu_count() or 1
    title = f"CPU, {cores} cores" if cores > 1 else "CPU"
    return DeviceInfo("cpu", title, _memory_of_machine(), True)


def _cuda(available: bool) -> DeviceInfo:
    """The first CUDA device, which is the one that tasks use."""
    import torch

    if available:
        facts = torch.cuda.get_device_properties(0)
        return DeviceInfo("cuda", facts.name, facts.total_memory, True)
    if torch.version.cuda is None:
        why = "The PyTorch of this installation was built without CUDA."
    else:
        why = "No NVIDIA GPU with a driver that fits was found on this machine."
    return DeviceInfo("cuda", "CUDA", 0, False, why)


def _mps(available: bool) -> DeviceInfo:
    if available:
        return DeviceInfo("mps", "Apple GPU", _memory_of_machine(), True)
    if platform.system() == "Darwin":
        why = "It takes a Mac with an Apple chip and macOS 12.3 or newer."
    else:
        why = "It is there on Macs with an Apple chip only."
    return DeviceInfo("mps", "Apple GPU", 0, False, why)


def _memory_of_machine() -> int:
    """Bytes of main memory, 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # no sysconf, or not these names
        return 0
