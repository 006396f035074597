"""Images grouped by the patient that their headers name."""

import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from dicom_files import image, stored
from typer.testing import CliRunner

from core.cli.app import app
from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.project.project import Project
from core.project.user_key import BYTES, config_folder, user_key
from core.tasks.patients import OLD_SALT, PatientsSpec, group_by_patient
from core.tasks.scan import open_project, scan

PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8)


@pytest.fixture
def patients(tmp_path, ctx):
    """A scanned project: two patients with two files each, one of two frames, and one file without an ID."""
    for name, patient in (("a1", "SECRET-1"), ("a2", "SECRET-1 "), ("b1", "SECRET-2"), ("none", "")):
        stored(tmp_path / "images" / f"{name}.dcm", image(PIXELS, PatientID=patient))
    stored(tmp_path / "images" / "b2.dcm", image(np.stack([PIXELS, PIXELS]), PatientID="SECRET-2"))
    project = open_project(tmp_path / "images", tmp_path / "p.medlabel")
    scan(project, ctx)
    return project


def groups_by_name(project):
    with Project.open(project) as opened:
        refs, groups = opened.images.columns().refs, opened.groups()
        return {(ref.path, ref.frame): groups.get(row, "") for row, ref in enumerate(refs)}


def stored_bytes(project):
    return b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())


def test_that_images_of_one_patient_are_one_group(patients, ctx):
    result = group_by_patient(PatientsSpec(patients), ctx)
    found = groups_by_name(patients)
    assert (result.patients, result.grouped, result.left) == (2, 5, 1)
    assert found["a1.dcm", 0] == found["a2.dcm", 0] != found["b1.dcm", 0]
    assert found["b1.dcm", 0] == found["b2.dcm", 0] == found["b2.dcm", 1]
    assert found["none.dcm", 0] == ""


def test_that_the_id_is_stored_nowhere(patients, ctx):
    group_by_patient(PatientsSpec(patients), ctx)
    assert b"SECRET-" not in stored_bytes(patients)


def test_that_the_hash_is_the_same_again_and_another_in_another_project(patients, ctx, tmp_path):
    group_by_patient(PatientsSpec(patients), ctx)
    first = groups_by_name(patients)
    group_by_patient(PatientsSpec(patients), ctx)
    assert groups_by_name(patients) == first
    other = tmp_path / "other.medlabel"
    Project.create(other, tmp_path / "images").close()
    scan(other, ctx)
    group_by_patient(PatientsSpec(other), ctx)
    assert groups_by_name(other)["a1.dcm", 0] != first["a1.dcm", 0]


def test_that_a_folder_without_patients_is_refused(folder, tmp_path, ctx):
    project = open_project(folder, tmp_path / "q.medlabel")
    scan(project, ctx)
    with pytest.raises(UserError, match="patient ID"):
        group_by_patient(PatientsSpec(project), ctx)


def test_that_it_can_be_stopped(patients):
    ctx = JobContext()
    ctx.cancel()
    with pytest.raises(JobCancelled):
        group_by_patient(PatientsSpec(patients), ctx)
    assert not any(groups_by_name(patients).values())


def test_that_the_command_tells_how_many_and_no_id(patients):
    result = CliRunner().invoke(app, ["patients", str(patients)])
    assert result.exit_code == 0
    assert "5 images of 2 patients" in result.output
    assert "SECRET" not in result.output


def test_that_an_export_can_group_by_patient(patients, tmp_path):
    out = tmp_path / "labels.csv"
    args = ["export", str(patients), "--out", str(out), "--group-by", "dicom-patient"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert "SECRET" not in out.read_text()
    assert groups_by_name(patients)["a1.dcm", 0]


def test_that_patients_in_an_archive_are_grouped_as_in_a_folder(patients, tmp_path, ctx):
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "images")
    packed = open_project(Path(archive), tmp_path / "packed.medlabel")
    scan(packed, ctx)
    result = group_by_patient(PatientsSpec(packed), ctx)
    assert (result.patients, result.grouped, result.left) == (2, 5, 1)


def test_that_nothing_in_the_project_lets_ids_be_tried(patients, ctx):
    with Project.open(patients) as opened:
        opened.set_meta(**{OLD_SALT: "5a" * 32})
    group_by_patient(PatientsSpec(patients), ctx)
    found = stored_bytes(patients)
    assert user_key() not in found and user_key().hex().encode() not in found
    with Project.open(patients) as opened:
        assert opened.meta(OLD_SALT) == ""


def test_that_another_user_gets_the_same_sets_under_other_names(patients, ctx, tmp_path, monkeypatch):
    group_by_patient(PatientsSpec(patients), ctx)
    first = groups_by_name(patients)
    monkeypatch.setenv("MEDLABEL_HOME", str(tmp_path / "another home"))
    group_by_patient(PatientsSpec(patients), ctx)
    second = groups_by_name(patients)
    assert not set(filter(None, first.values())) & set(second.values())
    assert len(set(first.values())) == len(set(second.values()))
    assert second["a1.dcm", 0] == second["a2.dcm", 0] != second["b1.dcm", 0] == second["b2.dcm", 1]


def test_that_a_copy_of_the_project_gets_the_same_names(patients, ctx, tmp_path):
    group_by_patient(PatientsSpec(patients), ctx)
    copy = shutil.copytree(patients, tmp_path / "copy.medlabel")
    group_by_patient(PatientsSpec(copy), ctx)
    assert groups_by_name(copy) == groups_by_name(patients)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_that_only_the_user_can_read_the_key(user_data):
    key = user_key()
    path = config_folder() / "secret.key"
    assert len(key) == BYTES and path.is_relative_to(user_data)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert user_key() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_that_the_key_that_was_first_stays(user_data):
    from core.project import user_key as module

    key = user_key()
    module._make(config_folder() / "secret.key")
    assert user_key() == key


def test_that_a_damaged_key_is_said_and_stays(patients, ctx):
    config_folder().mkdir(parents=True)
    path = config_folder() / "secret.key"
    path.write_bytes(b"short")
    with pytest.raises(UserError, match="damaged"):
        group_by_patient(PatientsSpec(patients), ctx)
    assert path.read_bytes() == b"short"


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_that_a_link_is_not_taken_for_the_key(tmp_path):
    config_folder().mkdir(parents=True)
    (tmp_path / "other").write_bytes(bytes(BYTES))
    (config_folder() / "secret.key").symlink_to(tmp_path / "other")
    with pytest.raises(UserError, match="cannot be used"):
        user_key()


def test_that_the_key_is_made_where_a_file_system_has_no_links_and_a_system_no_modes_of_open_files(
    user_data, monkeypatch
):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.delattr(os, "fchmod")
    key = user_key()
    assert len(key) == BYTES and user_key() == key
    assert [path.name for path in config_folder().iterdir()] == ["secret.key"]
