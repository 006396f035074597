import json
from pathlib import Path

import numpy as np
import pytest

from core.cli.app import run
from core.cli.parsing import check_outputs, parse_pair, parse_ratios, parse_split, parse_statuses
from core.cli.progress import epoch_text, estimate_text
from core.cli.summary import plain
from core.errors import UserError
from core.project.records import Status
from core.tasks.events import EpochEnd, Estimate
from tests.core.exported import labelled_project


def test_that_statuses_are_read_by_name():
    assert parse_statuses("accepted, corrected") == {Status.ACCEPTED, Status.CORRECTED}
    assert parse_statuses("") is None
    with pytest.raises(UserError, match="'acepted'"):
        parse_statuses("acepted")


@pytest.mark.parametrize("text", ["70/10/20", "7,1,2", "0.7/0.1/0.2"])
def test_that_a_split_is_shares_that_sum_to_one(text):
    assert parse_ratios(text) == pytest.approx((0.7, 0.1, 0.2))


@pytest.mark.parametrize("text", ["70/30", "a/b/c", "0/0/0", "-1/1/1", ""])
def test_that_a_split_that_is_none_is_a_clear_error(text):
    with pytest.raises(UserError, match="not a split"):
        parse_ratios(text)


def test_that_a_split_can_be_none():
    assert parse_split(" None ") is None
    assert parse_split("50/25/25") == (0.5, 0.25, 0.25)
    with pytest.raises(UserError, match="not a split"):
        parse_split("nothing")


def test_that_a_mapping_needs_an_equals_sign():
    assert parse_pair("CXR = chest x-ray") == ("CXR", "chest x-ray")
    with pytest.raises(UserError):
        parse_pair("CXR")


def test_that_a_file_that_cannot_be_written_is_told_before_the_work(tmp_path):
    check_outputs(tmp_path / "new.csv", None)
    for bad in (tmp_path, tmp_path / "nowhere" / "labels.csv"):
        with pytest.raises(UserError):
            check_outputs(bad)


def test_that_the_estimate_and_an_epoch_are_one_line_each():
    line = estimate_text(Estimate(58_954, 150, 31_000_000, 80_000_000_000))
    assert line == "About 2 min 30 s for 58,954 images, 31 MB on disk (80 GB free)."
    line = epoch_text(EpochEnd(3, 20, 0.5, 0.9, 0.4, 0.95, 3, 1.0))
    assert line == "Epoch   3/20  training loss 0.500 (90.0%)  validation 0.400 (95.0%)  best"
    assert len(line) < 80


def test_that_json_knows_everything_that_results_hold():
    value = {"path": Path("a"), "nan": float("nan"), "n": np.int64(3), Status.ERROR: (1, frozenset({2}))}
    assert json.loads(json.dumps(plain(value))) == {"path": "a", "nan": None, "n": 3, "error": [1, [2]]}


@pytest.mark.parametrize(
    "arguments",
    [
        ["label", "/nowhere/at/all", "--classes", "a,b"],
        ["info", "/nowhere/at/all"],
        ["label"],
        ["label", ".", "--nonsense"],
        ["export", "/nowhere", "--out", "x.csv"],
        ["nonsense"],
    ],
)
def test_that_a_users_error_is_one_line_and_exit_code_1(arguments, capsys):
    assert run(arguments) == 1
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1 and errors[0].startswith("medlabel: ")


def test_that_the_version_is_told(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("medlabel 0.")


def test_that_an_empty_folder_is_a_clear_error(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run(["label", str(tmp_path / "empty"), "--classes", "a,b"]) == 1
    assert "no images" in capsys.readouterr().err


def test_that_prompts_without_classes_and_single_classes_are_clear_errors(folder, capsys):
    assert run(["label", str(folder), "--prompt", "a=b"]) == 1
    assert run(["label", str(folder), "--classes", "only one"]) == 1
    assert "two classes" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--strategy", "magic"), ("--network", "lenet")])
def test_that_an_unknown_second_stage_is_told_before_anything_is_labelled(
    folder, user_data, capsys, option, value
):
    arguments = ["label", str(folder), "--classes", "a,b", "--strategy", "published", option, value]
    assert run(arguments) == 1
    assert f"'{value}'" in capsys.readouterr().err and not user_data.exists()


def test_that_export_takes_the_way_to_a_size_and_a_split_of_none(folder, tmp_path, capsys):
    project, out = labelled_project(folder), tmp_path / "l.npz"
    arguments = ["export", str(project), "--format", "npz", "--out", str(out), "--json"]
    assert run([*arguments, "--size", "28", "--fit", "stretch", "--split", "none"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written["splits"] == {"train": 22, "val": 0, "test": 0} and written["format"] == "npz"
    assert json.loads((tmp_path / "l.json").read_text())["fit"] == "stretch"
    with np.load(out) as arrays:
        assert arrays["train_images"].shape == (22, 28, 28)


def test_that_the_report_is_an_export_format(folder, tmp_path, capsys):
    labelled_project(folder)
    out = tmp_path / "r.html"
    assert run(["export", str(folder), "--format", "report", "--out", str(out), "--status", "predicted"]) == 0
    assert "r.html (20 rows)" in capsys.readouterr().out
    assert "Research use only, not for diagnosis." in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--fit", "squeeze", "pad, crop, stretch"), ("--format", "xml", "report"), ("--size", "-3", "-3 px")],
)
def test_that_an_export_option_without_sense_is_one_line(folder, tmp_path, capsys, option, value, message):
    arguments = ["export", str(labelled_project(folder)), "--format", "npz", "--out", str(tmp_path / "l.npz")]
    assert run([*arguments, option, value]) == 1
    (line,) = [text for text in capsys.readouterr().err.splitlines() if text.startswith("medlabel:")]
    assert message in line and not list(tmp_path.glob("l.*"))
