"""Class names and their captions."""

import pytest

from core.errors import UserError
from core.zeroshot.prompts import (
    OTHER_PROMPTS,
    group_prompts,
    parse_class_names,
    parse_prompt,
    prompts_for,
)

TEMPLATES = ("an image of {}", "{} scan")


def test_that_a_bare_class_uses_the_models_templates():
    assert prompts_for("knee MRI", (), TEMPLATES) == ("an image of knee MRI", "knee MRI scan")


def test_that_own_prompts_replace_the_templates():
    assert prompts_for("knee", (" a knee ", "", "a knee"), TEMPLATES) == ("a knee",)


def test_that_own_prompts_may_be_templates_themselves():
    assert prompts_for("knee", ("the {} joint",), TEMPLATES) == ("the knee joint",)


def test_that_braces_in_names_and_prompts_do_no_harm():
    assert prompts_for("{0} {x}", (), TEMPLATES)[0] == "an image of {0} {x}"
    assert prompts_for("a", ("grade {1}",), TEMPLATES) == ("grade {1}",)


def test_that_a_class_without_templates_is_its_own_caption():
    assert prompts_for("knee", (), ()) == ("knee",)


def test_that_other_has_neutral_captions_unless_it_has_its_own():
    assert prompts_for("other", (), TEMPLATES, is_other=True) == OTHER_PROMPTS
    assert prompts_for("other", ("a cat",), TEMPLATES, is_other=True) == ("a cat",)
    assert not any(" not " in f" {caption} " for caption in OTHER_PROMPTS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b", ("a", "b")),
        (" chest x-ray ,  breast   ultrasound ", ("chest x-ray", "breast ultrasound")),
        ('benign, "malignant, any grade"', ("benign", "malignant, any grade")),
        ("only one", ("only one",)),
        ("a\nb\r\nc", ("a", "b", "c")),
        ('5" nail, "say ""hi"""', ('5" nail', 'say "hi"')),
    ],
)
def test_that_class_names_are_split_and_trimmed(text, names):
    assert parse_class_names(text) == names


@pytest.mark.parametrize("text", ["", "  ", "a,,b", "a,", ",a", "a, ,b", '"a, b', "a,b,A", "x,x"])
def test_that_empty_and_double_names_are_refused(text):
    with pytest.raises(UserError):
        parse_class_names(text)


def test_that_prompt_options_are_grouped_by_class_in_order():
    names = ("Chest X-ray", "a=b")
    options = ["chest x-ray = the thorax", "a=b=c = d", "Chest X-ray=a radiograph"]
    expected = {"Chest X-ray": ("the thorax", "a radiograph"), "a=b": ("c = d",)}
    assert group_prompts(options, names) == expected


@pytest.mark.parametrize("option", ["", "a", "a=", "=b", " = "])
def test_that_half_a_prompt_option_is_refused(option):
    with pytest.raises(UserError, match="CLASS=CAPTION"):
        parse_prompt(option)
    with pytest.raises(UserError):
        parse_prompt(option, ("a",))


def test_that_a_prompt_for_an_unknown_class_names_the_nearest():
    assert parse_prompt("knee=the knee") == ("knee", "the knee")
    with pytest.raises(UserError, match="Did you mean 'chest x-ray'"):
        parse_prompt("chest xray=a thorax", ("chest x-ray", "knee"))
    with pytest.raises(UserError, match="The classes are: knee, hip"):
        parse_prompt("zzz=a thorax", ("knee", "hip"))
