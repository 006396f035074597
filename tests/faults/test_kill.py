"""A short run of `make kill`."""

import sys

import pytest

from core.project.database import FILE_NAME


@pytest.mark.skipif(sys.platform == "win32", reason="needs os.fork")
def test_that_a_killed_project_opens_with_every_acknowledged_edit_and_is_the_replay_of_its_log(tmp_path):
    from tests.benchmarks.kill import kill_often

    figures = kill_often(tmp_path, 15, seed=1)
    assert figures.kills == 15 and figures.acknowledged > 15 and figures.between
    assert (tmp_path / "0.medlabel" / FILE_NAME).is_file()
