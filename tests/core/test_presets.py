"""The table of presets against MedMNIST's own table and against what a list of classes may be."""

import subprocess
import sys

import pytest

from core.datasets.presets import KINDS, MEDMNIST, PRESETS, Preset
from core.project import class_edits
from core.zeroshot.starter.concepts import KEYS

SETS = [preset for preset in PRESETS if preset.group == MEDMNIST]


def test_that_every_two_dimensional_set_of_medmnist_has_a_preset_with_all_its_classes():
    from medmnist import INFO

    known = {facts["python_class"]: facts["label"] for name, facts in INFO.items() if "3d" not in name}
    assert {preset.title for preset in SETS} == set(known)
    for preset in SETS:
        labels = [c.label for c in preset.classes if c.label]
        assert labels == [known[preset.title][str(k)] for k in range(len(known[preset.title]))], preset.title


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_that_a_preset_is_a_list_of_classes_that_a_project_takes(preset: Preset):
    after = class_edits.add((), preset.entries, 1).classes
    assert after is not None and [(c.name, c.prompts) for c in after] == list(preset.entries)
    assert len(after) >= 2 and preset.title and preset.about.endswith(".")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_that_no_prompt_stands_in_two_classes_and_none_is_negated(preset: Preset):
    prompts = [prompt for c in preset.classes for prompt in c.prompts]
    assert len(set(prompts)) == len(prompts) and all(len(c.prompts) >= 2 for c in preset.classes)
    for prompt in prompts:
        assert not {"no", "not"} & set(prompt.lower().split()) and "{" not in prompt and "_" not in prompt


def test_that_the_kinds_are_those_the_built_in_model_knows():
    kinds = [preset for preset in PRESETS if preset.group == KINDS]
    assert {c.name for preset in kinds for c in preset.classes} == set(KEYS)
    assert [c.name for c in kinds[0].classes] == ["chest x-ray", "breast ultrasound"]


def test_that_presets_load_neither_medmnist_nor_torch():
    code = "import sys, core.datasets.presets; print(sorted({'torch', 'medmnist'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
