"""What decoders say of broken files becomes words for people."""

import pytest

from core.images.formats.wording import plain_words

ENDS = "the file ends before the image does"
DAMAGED = "the image data in it are damaged"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Truncated File Read", ENDS),
        ("image file is truncated (36 bytes not processed)", ENDS),
        ("unpack requires a buffer of 4 bytes", ENDS),
        ("broken data stream when reading image file", DAMAGED),
        ("unrecognized data stream contents when reading image file", DAMAGED),
        ("libdeflate_zlib_decompress returned LIBDEFLATE_BAD_DATA", DAMAGED),
        ("Error -3 while decompressing data: incorrect header check", DAMAGED),
        ("corrupted IFD structure", "its parts do not fit together"),
    ],
)
def test_that_frequent_messages_of_libraries_become_plain_words(said, words):
    assert plain_words(OSError(said)) == words


def test_that_an_unknown_message_stays_on_one_short_line():
    assert plain_words(OSError("something\nelse")) == "something else"
    assert len(plain_words(OSError("x" * 1000))) < 200
