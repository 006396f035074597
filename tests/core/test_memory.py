"""Memory that runs out: recognised, and work goes on with less at once."""

import errno
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.errors import UserError
from core.images.decode import decode_all
from core.images.pixels import ImageUnreadable, Pixels, memory_told
from core.images.recent import Recent
from core.images.refs import ImageRef
from core.jobs import JobContext
from core.memory import LessAtOnce, in_smaller_batches, is_out_of_memory
from core.project.project import Project
from core.refine.epochs import LabelledPixels, Trainer
from core.refine.inference import logits_of
from core.refine.losses import make_loss
from core.refine.optimisers import make_optimiser
from core.refine.params import TrainingParams
from core.zeroshot.embed import embed_images, embedding_store, pending_images

ROOT = Path(__file__).parents[2]
PARAMS = TrainingParams(epochs=1, batch_size=16)
ASKED_TOO_MUCH = torch.OutOfMemoryError("CUDA out of memory.")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("no"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("std::bad_alloc"), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError("out of memory when reading image file"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_that_the_errors_of_used_up_memory_are_known(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_that_real_allocations_beyond_any_memory_are_known() -> None:
    for ask in (lambda: torch.empty(1 << 60), lambda: np.empty(1 << 58), lambda: bytearray(1 << 62)):
        with pytest.raises((RuntimeError, MemoryError)) as caught:
            ask()
        assert is_out_of_memory(caught.value)


def test_that_a_batch_is_halved_the_same_items_are_tried_again_and_the_size_is_told() -> None:
    sizes: list[int] = []
    lowered: list[int] = []

    def call(part: list[int]) -> list[int]:
        sizes.append(len(part))
        if len(part) > 3:
            raise MemoryError
        return part

    parts = in_smaller_batches(call, list(range(11)), 8, lowered.append)
    assert [item for part in parts for item in part] == list(range(11))
    assert lowered == [4, 2] and sizes == [8, 4, 2, 2, 2, 2, 2, 1]


def test_that_one_item_that_is_too_much_is_a_user_error_and_bugs_stay_bugs() -> None:
    def fail(part: list[int]) -> None:
        raise ASKED_TOO_MUCH if part[0] else RuntimeError("shape mismatch")

    with pytest.raises(UserError, match="not enough memory on cuda for a single image"):
        list(in_smaller_batches(fail, [1, 2], 2, where="cuda"))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        list(in_smaller_batches(fail, [0], 2))


class Narrow(nn.Module):
    """A network that has memory for `most` images at once, and remembers how many it was given."""

    def __init__(self, most: int, normalised: bool = False) -> None:
        super().__init__()
        self.most = most
        self.given: list[int] = []
        self.inner = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
        if normalised:
            self.inner.insert(1, nn.BatchNorm2d(4))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.given.append(len(images))
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.inner(images)


def narrow(most: int, normalised: bool = False) -> Narrow:
    torch.manual_seed(0)
    return Narrow(most, normalised)


def some_images(n: int = 37) -> LabelledPixels:
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 256, (n, 8, 8), dtype=np.uint8))
    return LabelledPixels(pixels, torch.arange(n) % 2)


def trained(
    network: Narrow, params: TrainingParams = PARAMS, events: list[object] | None = None
) -> tuple[float, float]:
    data = some_images()
    ctx = JobContext(None if events is None else events.append)
    optimiser, loss = make_optimiser(network, params), make_loss(params.loss, len(data.labels))
    trainer = Trainer(network, "narrow", data, params, "cpu", ctx, optimiser, loss)
    torch.manual_seed(1)
    return trainer.epoch(0)


def test_that_logits_do_not_depend_on_how_much_memory_there_is() -> None:
    images, rows = some_images().images, torch.arange(1, 30)
    whole = logits_of(narrow(1000), images, "cpu")
    network = narrow(5)
    torch.testing.assert_close(logits_of(network, images, "cpu"), whole)
    assert max(network.given[-8:]) <= 5
    torch.testing.assert_close(logits_of(network, images, "cpu", rows), whole[rows])


@pytest.mark.parametrize("loss", ["cross-entropy", "gce"])
def test_that_training_with_little_memory_takes_the_same_steps(loss: str) -> None:
    params = replace(PARAMS, loss=loss)
    rich, poor = narrow(1000), narrow(5)
    events: list[object] = []
    assert trained(poor, params, events) == pytest.approx(trained(rich, params))
    assert [event.size for event in events if isinstance(event, LessAtOnce)] == [8, 4]
    for own, other in zip(poor.parameters(), rich.parameters(), strict=True):
        torch.testing.assert_close(own, other)
    assert rich.given == [16, 16, 5] and set(poor.given[2:]) <= {2, 3, 4}


def test_that_batch_normalisation_never_gets_a_single_image() -> None:
    network = narrow(3, normalised=True)
    trained(network)
    assert min(network.given) == 2


@pytest.mark.parametrize("normalised", [False, True])
def test_that_a_training_without_memory_for_the_least_is_a_user_error(normalised: bool) -> None:
    with pytest.raises(UserError, match="not enough memory on cpu"):
        trained(narrow(0, normalised))


def test_that_the_event_says_what_happened() -> None:
    assert LessAtOnce("Training", 8).text == "Training: memory ran out, going on with 8 images at once."


IN_LITTLE_RAM = """
import resource, sys
import numpy as np, torch
from torch import nn
torch.set_num_threads(1)
from core.jobs import JobContext
from core.memory import LessAtOnce
from core.refine.epochs import LabelledPixels, Trainer
from core.refine.inference import logits_of
from core.refine.losses import make_loss
from core.refine.optimisers import make_optimiser
from core.refine.params import TrainingParams
torch.manual_seed(0)
network = nn.Sequential(nn.Conv2d(1, 64, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 2))
images = torch.randint(0, 256, (256, 32, 32), dtype=torch.uint8)
labels = torch.arange(256) % 2
params = TrainingParams(epochs=1, batch_size=256)
events = []
trainer = Trainer(network, "wide", LabelledPixels(images, labels), params, "cpu", JobContext(events.append),
    make_optimiser(network, params), make_loss(params.loss, 256))
network(torch.zeros(2, 1, 32, 32)).sum().backward()  # what the libraries set aside once
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 80_000_000, resource.RLIM_INFINITY))
loss, accuracy = trainer.epoch(0)
assert np.isfinite(loss), loss
assert [event.size for event in events if isinstance(event, LessAtOnce)][0] == 128, events
assert logits_of(network, images, "cpu").shape == (256, 2)
print(trainer.at_once)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS is honoured on Linux")
def test_that_a_training_goes_on_under_a_real_limit_of_ram() -> None:
    command = [sys.executable, "-c", IN_LITTLE_RAM]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) <= 128


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_that_a_training_and_its_logits_go_on_under_a_real_limit_of_the_gpu() -> None:
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(600_000_000 / total)
    try:
        network = nn.Sequential(
            nn.Conv2d(1, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 2)
        ).cuda()
        images = torch.randint(0, 256, (4096, 64, 64), dtype=torch.uint8)
        params = TrainingParams(epochs=1, batch_size=4096)
        events: list[object] = []
        data = LabelledPixels(images, torch.arange(4096) % 2)
        optimiser, loss = make_optimiser(network, params), make_loss(params.loss, 4096)
        trainer = Trainer(network, "wide", data, params, "cuda", JobContext(events.append), optimiser, loss)
        assert np.isfinite(trainer.epoch(0)[0])
        assert any(isinstance(event, LessAtOnce) for event in events)
        assert logits_of(network, images, "cuda").shape == (4096, 2)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


class LittleEncoder:
    """As much of an encoder as a pass needs; reading fails while more than `most` images are asked for at once."""

    dim, fingerprint = 2, "little"

    def __init__(self, most: int) -> None:
        self.most, self.batch_size = most, 16

    def provenance(self) -> dict[str, str]:
        return {}

    def preprocess(self, array: np.ndarray) -> torch.Tensor:
        if self.batch_size > self.most:
            raise MemoryError
        return torch.tensor([float(array.mean()), 1.0])

    def encode_images(self, images: list[torch.Tensor]) -> np.ndarray:
        return torch.stack(images).numpy()

    def lower_batch(self, size: int) -> None:
        self.batch_size = size


def embed(folder: Path, tmp_path: Path, encoder: LittleEncoder) -> tuple[int, int, list[int]]:
    """Images done and failed of a pass over a folder, and the sizes that batches were lowered to."""
    events: list[object] = []
    with Project.create(tmp_path / f"{encoder.most}.medlabel", folder) as project:
        project.images.add(list(project.source().scan()), 0)
        store = embedding_store(project, encoder)
        images = pending_images(project, store).images
        failed = embed_images(project, encoder, store, images, JobContext(events.append))
        done = int(store.done.sum())
    return done, failed, [event.size for event in events if isinstance(event, LessAtOnce)]


def test_that_embedding_reads_fewer_images_ahead_when_ram_runs_out(folder: Path, tmp_path: Path) -> None:
    assert embed(folder, tmp_path, LittleEncoder(most=100)) == (24, 0, [])
    assert embed(folder, tmp_path, LittleEncoder(most=5)) == (24, 0, [8, 4])


def test_that_embedding_without_memory_for_one_image_is_a_user_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not enough memory"):
        embed(folder, tmp_path, LittleEncoder(most=0))


READ_IN_LITTLE_RAM = """
import resource, sys
from pathlib import Path
from threading import Barrier
from core.images.decode import decode_all
from core.images.folder import FolderSource
from core.images.formats import raster
from core.images.refs import ImageRef

class AtOnce(FolderSource):
    together = Barrier(4)
    waiting = 4

    def read(self, ref):
        if self.waiting and ref.path.startswith("large"):
            self.waiting -= 1
            self.together.wait()  # the first four begin at one moment
        return super().read(ref)

told = []
source = AtOnce(Path(sys.argv[1]))
source.read(ImageRef("small.png"))  # what the libraries set aside once
refs = [ImageRef(path.name) for path in sorted(source.root.iterdir())]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 240_000_000, resource.RLIM_INFINITY))
images = list(enumerate(refs))
found = list(decode_all(source, images, lambda pixels: int(pixels.array.max()), threads=4, tell=told.append))
assert told[0].size == 2, told
for item in found:
    print(refs[item.row].path, item.value, item.error)
"""


def in_few_arenas(program: str, folder: Path) -> list[str]:
    """The lines that a program prints; the memory that it reserves for its threads, 64 MB each, is left out."""
    command = [sys.executable, "-c", program, str(folder)]
    few_arenas = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=few_arenas)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS is honoured on Linux")
def test_that_images_that_do_not_fit_into_ram_at_once_are_read_one_by_one(tmp_path: Path) -> None:
    for name, side in (
        *((f"large{k}.png", 6000) for k in range(6)),
        ("largest.png", 14_000),
        ("small.png", 20),
    ):
        Image.new("L", (side, side), 7).save(tmp_path / name, compress_level=1)
    lines = in_few_arenas(READ_IN_LITTLE_RAM, tmp_path)
    assert [line.strip() for line in lines if not line.startswith("largest")] == [
        *(f"large{k}.png 7" for k in range(6)),
        "small.png 7",
    ]
    assert "largest.png None there is not enough memory to read this image" in lines


KEEP_IN_LITTLE_RAM = """
import resource, sys
from pathlib import Path
from threading import Event
from core.images.decode import decode_all
from core.images.folder import FolderSource
from core.images.refs import ImageRef

class Counted(FolderSource):
    tries, last_begun = 0, Event()

    def read(self, ref):
        self.tries += 1
        if ref.path == "5.png":
            self.last_begun.set()
        return super().read(ref)

source = Counted(Path(sys.argv[1]))
source.read(ImageRef("small.png"))  # what the libraries set aside once
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 165_000_000, resource.RLIM_INFINITY))
refs = [ImageRef(f"{k}.png") for k in range(6)]
results = decode_all(source, list(enumerate(refs)), lambda pixels: pixels.array, threads=1)
print(next(results).value.shape)
source.last_begun.wait()  # by now those before it are decoded and wait
for item in results:
    print(item.value.shape)
assert source.tries > 1 + 6, "memory never ran out"
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS is honoured on Linux")
def test_that_an_image_that_results_leave_no_room_for_is_read_when_they_are_taken(tmp_path: Path) -> None:
    for name, side in (*((f"{k}.png", 6000) for k in range(6)), ("small.png", 20)):
        Image.new("L", (side, side), 7).save(tmp_path / name, compress_level=1)
    assert in_few_arenas(KEEP_IN_LITTLE_RAM, tmp_path) == ["(6000, 6000)"] * 6


class Scarce:
    """As much of a source as a pass needs: memory runs out for the images named "much", `times` for each."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error = times, error
        self.tries: Counter[ImageRef] = Counter()

    def read(self, ref: ImageRef) -> Pixels:
        self.tries[ref] += 1
        if ref.path == "much" and self.tries[ref] <= self.times:
            with memory_told():
                raise self.error
        return Pixels(np.zeros((2, 2), np.uint8), b"")


def passed(source: Scarce) -> tuple[list[str], list[int]]:
    events: list[LessAtOnce] = []
    refs = [ImageRef("much" if k == 3 else "little", k) for k in range(50)]
    found = decode_all(source, list(enumerate(refs)), lambda pixels: None, threads=4, tell=events.append)
    return [item.error for item in found], [event.size for event in events]


def test_that_an_image_that_is_too_much_even_alone_is_a_row_and_slows_no_other_down() -> None:
    errors, sizes = passed(Scarce(99, MemoryError()))
    assert errors.pop(3) == "there is not enough memory to read this image"
    assert set(errors) == {""} and sizes == []


@pytest.mark.parametrize("times", [1, 2])
def test_that_fewer_are_read_at_once_only_where_that_helps(times: int) -> None:
    assert passed(Scarce(times, MemoryError())) == ([""] * 50, [2] if times == 1 else [])


def test_that_memory_that_a_reader_takes_for_a_fault_of_the_file_is_seen_as_memory() -> None:
    try:
        try:
            raise RuntimeError("Unable to decode: Unable to allocate 1.00 GiB for an array")
        except RuntimeError:
            raise ImageUnreadable("this DICOM file is broken or cut off") from None
    except ImageUnreadable as error:
        taken = error
    assert passed(Scarce(1, taken)) == ([""] * 50, [2])
    assert passed(Scarce(1, ImageUnreadable("broken")))[0][3] == "broken"
    assert passed(Scarce(1, OSError("out of memory when reading image file")))[1] == [2]


def test_that_what_is_kept_of_files_goes_when_memory_runs_out() -> None:
    kept: Recent[bytes] = Recent(100)
    loads: list[int] = []

    def load() -> bytes:
        loads.append(1)
        return b"a volume"

    for times, expected in ((0, 1), (1, 2)):
        kept.get("file", load, len)
        passed(Scarce(times, MemoryError()))
        kept.get("file", load, len)
        assert len(loads) == expected
