"""The cache of thumbnails: how large it is, and clearing it."""

from core.errors import UserError
from core.images.thumbnail_cache import ThumbnailCache


def cache_size() -> int:
    """Bytes that thumbnails take in the user's cache folder."""
    return ThumbnailCache().size()


def clear_cache() -> int:
    """Delete all thumbnails that are kept on disk; the bytes that were freed. Raises `UserError`."""
    cache = ThumbnailCache()
    try:
        return cache.clear()
    except OSError as error:
        reason = error.strerror or error
        raise UserError(
            f"The thumbnails in {cache.folder} could not be deleted: {reason}.",
            "Close other windows of MedLabel, or delete that folder by hand.",
        ) from error
    finally:
        cache.close()
