"""No project is made among the images, where nothing is ever written."""

import pytest

from core.errors import UserError
from core.tasks.new_project import project_with_images
from core.tasks.scan import open_project, relink


def listing(folder):
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("place", ["p.medlabel", "discs/p.medlabel", "new/p.medlabel"])
def test_that_a_project_among_its_images_is_refused_and_nothing_is_made(folder, ctx, place):
    before = listing(folder)
    for make in (
        lambda: open_project(folder, folder / place),
        lambda: project_with_images(folder, folder / place, ctx),
    ):
        with pytest.raises(UserError, match=r"in the image folder.*--project"):
            make()
    assert listing(folder) == before


def test_that_a_link_to_the_images_leads_among_them_too(folder, tmp_path):
    link = tmp_path / "link"
    try:
        link.symlink_to(folder)
    except OSError:
        pytest.skip("no links here")
    before = listing(folder)
    for source, place in ((folder, link / "p.medlabel"), (link, folder / "p.medlabel")):
        with pytest.raises(UserError, match="in the image folder"):
            open_project(source, place)
    assert listing(folder) == before


def test_that_where_the_usual_place_is_among_the_images_another_one_is_asked_for(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("MEDLABEL_HOME", str(folder / "home"))
    before = listing(folder)
    with pytest.raises(UserError, match="choose another place for the project"):
        open_project(folder)
    assert listing(folder) == before
    assert open_project(folder, tmp_path / "p.medlabel") == tmp_path / "p.medlabel"


def test_that_a_project_is_not_told_that_its_images_are_around_it(folder, tmp_path):
    place = open_project(folder, tmp_path / "p.medlabel")
    with pytest.raises(UserError, match="in the image folder"):
        relink(place, tmp_path)


def test_that_a_project_may_lie_beside_its_images(folder):
    assert open_project(folder, folder.parent / "images.medlabel").is_dir()
