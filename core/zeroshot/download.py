"""Bringing a model from the Hugging Face hub into its normal cache, with progress and cancel."""

import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from core.errors import JobCancelled, NotDownloadedError, UserError
from core.jobs import JobContext
from core.zeroshot.entry import WEIGHT_NAMES, ModelEntry, how_to_bring
from core.zeroshot.hub_cache import cache_folder

if TYPE_CHECKING:
    from types import TracebackType

_MARGIN_MB = 200
_PATIENCE = 10  # seconds until a hub that does not answer counts as out of reach


def fetch(entry: ModelEntry, ctx: JobContext) -> None:
    """Download the weights and small files of `entry`. Raises `UserError` or `JobCancelled`.

    What came before a stop stays in the cache, and the next call goes on from there.
    """
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    _check_space(entry)
    try:
        _check_network()
        for name in entry.small_files:
            if not _get(entry.hub, name, entry, ctx) and name == "open_clip_config.json":
                raise UserError(f"The repository {entry.hub} has no {name}.")
        if entry.text_hub:
            _get(entry.text_hub, "config.json", entry, ctx)
        if not any(_get(entry.hub, name, entry, ctx) for name in WEIGHT_NAMES):
            raise UserError(f"The repository {entry.hub} has no weights.")
    except (JobCancelled, UserError):
        raise
    except (
        HfHubHTTPError,
        EntryNotFoundError,
        OSError,
        ValueError,
        RuntimeError,
        *_transport_errors(),
    ) as error:
        raise NotDownloadedError(
            f"{entry.title} could not be downloaded: {_reason(error)}.", _hint(entry)
        ) from error


def _check_network() -> None:
    """Raise OSError at once when there is no way to the hub; the hub library retries for half a minute."""
    from huggingface_hub import constants

    host = urlsplit(constants.ENDPOINT)
    if constants.HF_HUB_OFFLINE or getproxies():  # it refuses by itself; a proxy finds hosts for us
        return
    port = host.port or (80 if host.scheme == "http" else 443)
    try:
        socket.create_connection((host.hostname or "", port), timeout=_PATIENCE).close()
    except OSError as error:
        raise ConnectionError(str(error)) from error


def _get(repository: str, name: str, entry: ModelEntry, ctx: JobContext) -> bool:
    """Bring one file into the cache; False when the repository has none of that name."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError, RemoteEntryNotFoundError

    ctx.check()
    try:
        with _plain_http():
            hf_hub_download(
                repository,
                name,
                cache_dir=cache_folder(),
                tqdm_class=_progress_class(ctx, f"Downloading {entry.title}"),
            )
    except LocalEntryNotFoundError:
        raise
    except RemoteEntryNotFoundError:
        return False
    return True


def _progress_class(ctx: JobContext, text: str) -> type[Any]:
    """A stand-in for tqdm that reports bytes to `ctx`, whose `JobCancelled` ends the download."""

    class Progress:
        def __init__(
            self, *args: object, total: float | None = None, initial: float = 0, **kwargs: object
        ) -> None:
            self.total, self.n = total, initial

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            ctx.progress(int(self.n), int(self.total or 0), text)

        def __enter__(self) -> "Progress":
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
        ) -> None:
            return None

        def __getattr__(self, name: str) -> Any:  # close, refresh, set_description ...: nothing to draw
            return lambda *args, **kwargs: None

    return Progress


@contextmanager
def _plain_http() -> Iterator[None]:
    """The hub's plain download: the one written in Rust does not stop when a progress report raises."""
    from huggingface_hub import constants

    before = constants.HF_HUB_DISABLE_XET
    constants.HF_HUB_DISABLE_XET = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before


def _transport_errors() -> tuple[type[Exception], ...]:
    """The errors of whichever HTTP library this version of huggingface_hub speaks through."""
    names = (("httpx", "HTTPError"), ("httpx2", "HTTPError"), ("requests", "RequestException"))
    return tuple(getattr(sys.modules[module], name) for module, name in names if module in sys.modules)


def _reason(error: Exception) -> str:
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled | LocalEntryNotFoundError | ConnectionError | TimeoutError):
        return "huggingface.co cannot be reached"
    if isinstance(error, GatedRepoError):
        return "its repository is only open to people who have signed in and agreed to its terms"
    if isinstance(error, _transport_errors()) and getattr(error, "response", None) is None:
        return "huggingface.co cannot be reached"
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _hint(entry: ModelEntry) -> str:
    from huggingface_hub import constants

    offline = "HF_HUB_OFFLINE is set, so nothing was tried. " if constants.HF_HUB_OFFLINE else ""
    return f"{offline}{how_to_bring(entry)}"


def _check_space(entry: ModelEntry) -> None:
    folder = cache_folder()
    there: Path = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / 1e6
    if free < entry.size_mb + _MARGIN_MB:
        raise UserError(
            f"{entry.title} needs {entry.size_mb:,} MB, {free:,.0f} MB are free in {there}.",
            "Free some space, or point HF_HOME at another drive.",
        )
