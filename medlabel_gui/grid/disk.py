"""The thumbnails on disk, as long as the settings want them."""

from core.images.thumbnail_cache import ThumbnailCache
from medlabel_gui.settings import Settings


class DiskThumbnails:
    """Call it for the cache, or None when thumbnails are not to be kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cache: ThumbnailCache | None = None

    def __call__(self) -> ThumbnailCache | None:
        if not self._settings.keep_thumbnails:
            self._cache = None  # the file is closed with its last use
        elif self._cache is None:
            self._cache = ThumbnailCache()
        return self._cache
