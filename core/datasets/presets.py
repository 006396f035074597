"""Ready lists of classes with prompts: the 2D sets of MedMNIST, and kinds of images that the built-in model knows.

A table of our own: `medmnist.INFO` would load torch. Names follow MedMNIST (J. Yang et al., Scientific Data 10, 41
(2023)), with codes written out and every finding put into a caption that names the modality. Nothing is negated,
for CLIP does not read "not"; "normal" has captions of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MEDMNIST = "MedMNIST"
KINDS = "Which kind of image?"


@dataclass(frozen=True)
class PresetClass:
    """`label` is the name of the class in the data set, '' where the set has none for it."""

    name: str
    prompts: tuple[str, ...]
    label: str = ""


@dataclass(frozen=True)
class Preset:
    """A list of classes under one of the headings `MEDMNIST` and `KINDS`."""

    id: str
    group: str
    title: str
    about: str
    modality: str
    classes: tuple[PresetClass, ...]

    @property
    def entries(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(name, prompts) of each class."""
        return tuple((c.name, c.prompts) for c in self.classes)


# (label in the set, name, what the image shows in a caption; the name where that says it already)
_Row = tuple[str, str, str]


def _medmnist(title: str, modality: str, about: str, captions: Sequence[str], rows: Sequence[_Row]) -> Preset:
    """`captions` hold `{}` for what the image shows."""
    classes = tuple(
        PresetClass(name, tuple(caption.replace("{}", shown or name) for caption in captions), label)
        for label, name, shown in rows
    )
    return Preset(title.lower(), MEDMNIST, title, about, modality, classes)


def _kinds(name: str, title: str, about: str, modality: str, *keys: str) -> Preset:
    classes = tuple(PresetClass(key, _KIND_PROMPTS[key]) for key in keys)
    return Preset(name, KINDS, title, about, modality, classes)


def _same(*names: str) -> tuple[_Row, ...]:
    return tuple((name, name, "") for name in names)


_HISTOLOGY = ("a histopathology slide showing {}", "H&E stained tissue of {}")
_CHEST = ("a chest X-ray showing {}", "a chest radiograph with {}")
_SKIN = ("a dermoscopy image of {}", "a dermatoscopic photograph showing {}")
_OCT = ("an optical coherence tomography image of {}", "a retinal OCT scan showing {}")
_FUNDUS = ("a retinal fundus photograph of {}", "a fundus image showing {}")
_BREAST = ("a breast ultrasound image showing {}", "an ultrasound scan of the breast with {}")
_BLOOD = ("a microscope image of a blood smear showing {}", "a stained blood film with {}")
_KIDNEY = ("a fluorescence microscope image of {}", "a kidney cortex cell of the type: {}")
_ORGANS: tuple[_Row, ...] = (
    ("bladder", "bladder", "the urinary bladder"),
    ("femur-left", "left femur", "the left femur"),
    ("femur-right", "right femur", "the right femur"),
    ("heart", "heart", "the heart"),
    ("kidney-left", "left kidney", "the left kidney"),
    ("kidney-right", "right kidney", "the right kidney"),
    ("liver", "liver", "the liver"),
    ("lung-left", "left lung", "the left lung"),
    ("lung-right", "right lung", "the right lung"),
    ("pancreas", "pancreas", "the pancreas"),
    ("spleen", "spleen", "the spleen"),
)


def _organs(letter: str, plane: str) -> Preset:
    captions = (f"{'an' if plane[0] in 'aeiou' else 'a'} {plane} CT image of {{}}", "a CT slice showing {}")
    about = f"{plane.capitalize()} CT slices, each cut around one organ."
    return _medmnist(f"Organ{letter}MNIST", "CT", about, captions, _ORGANS)


_PATH = _medmnist(
    "PathMNIST",
    "histology",
    "Patches of H&E stained colon tissue, nine kinds.",
    _HISTOLOGY,
    (
        ("adipose", "adipose tissue", ""),
        ("background", "background", "an empty background without tissue"),
        ("debris", "debris", "necrotic debris"),
        ("lymphocytes", "lymphocytes", ""),
        ("mucus", "mucus", ""),
        ("smooth muscle", "smooth muscle", ""),
        ("normal colon mucosa", "normal colon mucosa", ""),
        ("cancer-associated stroma", "cancer-associated stroma", ""),
        ("colorectal adenocarcinoma epithelium", "colorectal adenocarcinoma epithelium", ""),
    ),
)
_CHEST_XRAYS = _medmnist(
    "ChestMNIST",
    "X-ray",
    "Frontal chest X-rays with 14 findings, of which one image may have several; here it gets one of them or none.",
    _CHEST,
    (
        *_same("atelectasis", "cardiomegaly"),
        ("effusion", "effusion", "pleural effusion"),
        *_same("infiltration"),
        ("mass", "mass", "a lung mass"),
        ("nodule", "nodule", "a lung nodule"),
        *_same("pneumonia", "pneumothorax", "consolidation"),
        ("edema", "edema", "pulmonary edema"),
        *_same("emphysema"),
        ("fibrosis", "fibrosis", "pulmonary fibrosis"),
        ("pleural", "pleural thickening", ""),
        ("hernia", "hernia", "a hiatal hernia"),
        ("", "no finding", "clear, healthy lungs"),
    ),
)
_DERMA = _medmnist(
    "DermaMNIST",
    "dermoscopy",
    "Dermoscopy of pigmented skin lesions, seven kinds.",
    _SKIN,
    (
        (
            "actinic keratoses and intraepithelial carcinoma",
            "actinic keratosis or intraepithelial carcinoma",
            "",
        ),
        ("basal cell carcinoma", "basal cell carcinoma", ""),
        ("benign keratosis-like lesions", "benign keratosis", "a benign keratosis"),
        ("dermatofibroma", "dermatofibroma", "a dermatofibroma"),
        ("melanoma", "melanoma", "a melanoma"),
        ("melanocytic nevi", "melanocytic nevus", "a melanocytic nevus, a common mole"),
        ("vascular lesions", "vascular lesion", "a vascular skin lesion such as an angioma"),
    ),
)
_OCT_SCANS = _medmnist(
    "OCTMNIST",
    "optical coherence tomography",
    "Optical coherence tomography of the retina, four kinds.",
    _OCT,
    (
        ("choroidal neovascularization", "choroidal neovascularization", ""),
        ("diabetic macular edema", "diabetic macular edema", ""),
        ("drusen", "drusen", "drusen under the retina"),
        ("normal", "normal", "a normal retina with a smooth fovea"),
    ),
)
_PNEUMONIA = _medmnist(
    "PneumoniaMNIST",
    "X-ray",
    "Chest X-rays of children, two kinds.",
    _CHEST,
    (("normal", "normal", "clear, healthy lungs"), ("pneumonia", "pneumonia", "pneumonia and lung opacity")),
)
_RETINA = _medmnist(
    "RetinaMNIST",
    "fundus photography",
    "Fundus photographs in five grades of diabetic retinopathy, 0 to 4.",
    _FUNDUS,
    (
        ("0", "grade 0: no retinopathy", "a healthy retina"),
        ("1", "grade 1: mild", "mild diabetic retinopathy with a few microaneurysms"),
        ("2", "grade 2: moderate", "moderate diabetic retinopathy with hemorrhages and exudates"),
        ("3", "grade 3: severe", "severe diabetic retinopathy with many hemorrhages"),
        ("4", "grade 4: proliferative", "proliferative diabetic retinopathy with new vessels"),
    ),
)
_BREASTS = _medmnist(
    "BreastMNIST",
    "ultrasound",
    "Breast ultrasound, two kinds.",
    _BREAST,
    (
        ("malignant", "malignant", "a malignant mass with an irregular outline"),
        ("normal, benign", "normal or benign", "normal tissue or a benign lesion with a smooth outline"),
    ),
)
_BLOOD_CELLS = _medmnist(
    "BloodMNIST",
    "blood smear",
    "Single cells of stained blood smears, eight kinds.",
    _BLOOD,
    (
        ("basophil", "basophil", "a basophil"),
        ("eosinophil", "eosinophil", "an eosinophil"),
        ("erythroblast", "erythroblast", "an erythroblast"),
        (
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            "immature granulocyte",
            "an immature granulocyte such as a myelocyte or promyelocyte",
        ),
        ("lymphocyte", "lymphocyte", "a lymphocyte"),
        ("monocyte", "monocyte", "a monocyte"),
        ("neutrophil", "neutrophil", "a neutrophil"),
        ("platelet", "platelet", "a platelet"),
    ),
)
_TISSUE = _medmnist(
    "TissueMNIST",
    "fluorescence microscopy",
    "Single cells of the kidney cortex under a fluorescence microscope, eight kinds.",
    _KIDNEY,
    (
        (
            "Collecting Duct, Connecting Tubule",
            "collecting duct or connecting tubule",
            "a collecting duct or connecting tubule",
        ),
        ("Distal Convoluted Tubule", "distal convoluted tubule", "a distal convoluted tubule"),
        ("Glomerular endothelial cells", "glomerular endothelial cells", ""),
        ("Interstitial endothelial cells", "interstitial endothelial cells", ""),
        ("Leukocytes", "leukocytes", ""),
        ("Podocytes", "podocytes", ""),
        ("Proximal Tubule Segments", "proximal tubule", "segments of a proximal tubule"),
        ("Thick Ascending Limb", "thick ascending limb", "a thick ascending limb of the loop of Henle"),
    ),
)

# The twelve kinds that the built-in model was trained to tell apart.
_KIND_PROMPTS: dict[str, tuple[str, ...]] = {
    "chest x-ray": ("a chest X-ray", "a radiograph of the chest"),
    "hand x-ray": ("an X-ray of a hand", "a radiograph of the hand and wrist"),
    "chest CT": ("a CT scan of the chest", "an axial CT slice showing the lungs"),
    "abdominal CT": ("a CT scan of the abdomen", "an axial CT slice showing the abdominal organs"),
    "head CT": ("a CT scan of the head", "a CT slice showing the skull and the brain"),
    "breast MRI": ("an MRI of the breast", "a magnetic resonance image of both breasts"),
    "brain MRI": ("an MRI of the brain", "a magnetic resonance image of the head"),
    "breast ultrasound": ("an ultrasound image of the breast", "a sonogram of the breast"),
    "dermoscopy": ("a dermoscopy image of the skin", "a dermatoscopic photograph of a skin lesion"),
    "histology": ("a histopathology slide", "an H&E stained tissue section"),
    "blood cells": ("a microscope image of blood cells", "a stained blood smear"),
    "fundus": ("a retinal fundus photograph", "a colour photograph of the retina"),
}

_KIND_PRESETS = (
    _kinds(
        "published",
        "Chest X-ray or breast ultrasound",
        "The two classes of the published experiment.",
        "X-ray, ultrasound",
        "chest x-ray",
        "breast ultrasound",
    ),
    _kinds(
        "mednist",
        "The six kinds of MedNIST",
        "Three kinds of CT, two of X-ray, and breast MRI.",
        "CT, X-ray, MRI",
        "abdominal CT",
        "breast MRI",
        "chest x-ray",
        "chest CT",
        "hand x-ray",
        "head CT",
    ),
    _kinds(
        "ct-region",
        "CT of chest, abdomen or head",
        "Which part of the body a CT slice shows.",
        "CT",
        "chest CT",
        "abdominal CT",
        "head CT",
    ),
    _kinds(
        "xray-region",
        "X-ray of chest or hand",
        "Which part of the body an X-ray shows.",
        "X-ray",
        "chest x-ray",
        "hand x-ray",
    ),
    _kinds(
        "colour",
        "Skin, tissue, blood cells or retina",
        "Four kinds of pictures in colour.",
        "dermoscopy, histology, blood smear, fundus photography",
        "dermoscopy",
        "histology",
        "blood cells",
        "fundus",
    ),
    _kinds(
        "all-kinds",
        "All twelve kinds",
        "Every kind that the built-in model tells apart: a first look at a mixed folder.",
        "",
        *_KIND_PROMPTS,
    ),
)

PRESETS: tuple[Preset, ...] = (
    *_KIND_PRESETS,
    _PATH,
    _CHEST_XRAYS,
    _DERMA,
    _OCT_SCANS,
    _PNEUMONIA,
    _RETINA,
    _BREASTS,
    _BLOOD_CELLS,
    _TISSUE,
    _organs("A", "axial"),
    _organs("C", "coronal"),
    _organs("S", "sagittal"),
)
