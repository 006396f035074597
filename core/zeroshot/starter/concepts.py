"""The vocabulary of the built-in model: what it knows, by which words, and which phrases test it.

Words only: how they become captions is in `captions.py`.
"""

from dataclasses import dataclass, field

# fmt: off
XRAY = (
    "x-ray", "xray", "x ray", "radiograph", "radiography", "x-ray image", "x-ray film", "plain film",
    "roentgenogram", "radiographic image", "x-rays", "radiographs", "x-ray picture",
)
CT = (
    "CT", "CT scan", "CT image", "CT slice", "computed tomography", "computed tomography scan",
    "computerised tomography", "axial CT", "CAT scan", "contrast-enhanced CT", "non-contrast CT",
    "CT scans", "axial CT slice", "computed tomography image", "computed tomography slice",
)
MRI = (
    "MRI", "MR", "MR image", "MRI scan", "MRI image", "magnetic resonance imaging",
    "magnetic resonance image", "MR scan", "MRI slice", "T1-weighted MRI", "T2-weighted MRI",
    "magnetic resonance scan", "MRI scans", "nuclear magnetic resonance image", "MR imaging",
)
ULTRASOUND = (
    "ultrasound", "ultrasound image", "ultrasound scan", "sonogram", "sonography", "ultrasonography", "US",
    "US image", "echography", "B-mode ultrasound", "ultrasounds", "ultrasonic image", "ultrasound picture",
    "sonographic image", "ultrasonogram",
)
# fmt: on


@dataclass(frozen=True)
class Concept:
    """One kind of picture.

    `phrases` and `words` (folder names, abbreviations) stand as they are. Adjectives, nouns and modality are
    put together by the grammar. `unseen` never reaches training. `findings` maps labels of the data to phrases.
    """

    key: str
    phrases: tuple[str, ...]
    words: tuple[str, ...]
    unseen: tuple[str, ...]
    adjectives: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    findings: dict[str, tuple[str, ...]] = field(default_factory=dict)


# fmt: off
CONCEPTS: tuple[Concept, ...] = (
    Concept(
        "chest x-ray",
        phrases=(
            "frontal chest radiograph", "posteroanterior chest x-ray", "PA chest film", "AP chest x-ray",
            "chest film", "CR chest", "chest PA view", "portable chest radiograph",
            "x-ray showing the lungs", "chest radiograph of a child", "paediatric chest x-ray",
            "lung x-ray showing ribs and heart",
        ),
        words=(
            "CXR", "CXRs", "chest x-ray", "chest xray", "ChestXRay", "chest_xray", "thorax x-ray",
            "thorax xray",
        ),
        unseen=(
            "a CXR picture", "thorax radiograph", "x-ray film of the lungs", "radiography of the thorax",
            "an image of a CXR", "the patient's chest on x-ray", "frontal x-ray of the thorax",
            "pulmonary radiograph", "thoracic x-ray image", "plain film of the chest",
        ),
        adjectives=("chest", "thorax", "thoracic", "lung", "pulmonary"),
        nouns=("chest", "thorax", "lungs", "rib cage"),
        modality=XRAY,
        findings={
            "normal": (
                "normal chest x-ray", "chest x-ray without findings", "healthy lungs on chest x-ray",
                "chest radiograph showing no pathology",
            ),
            "pneumonia": (
                "pneumonia", "chest x-ray with pneumonia", "chest x-ray showing pneumonia",
                "lung opacity on a chest radiograph", "pneumonia chest x-ray",
            ),
        },
    ),
    Concept(
        "hand x-ray",
        phrases=(
            "x-ray showing finger bones", "bone age x-ray", "bone age radiograph of the hand",
            "left hand x-ray", "right hand radiograph", "x-ray of hand bones",
            "x-ray of the hand and wrist", "hand and wrist radiograph", "paediatric hand x-ray",
            "x-ray of fingers and metacarpals",
        ),
        words=("Hand", "hands", "hand x-ray", "hand xray", "HandXRay", "hand_xray", "HandXR", "bone age"),
        unseen=(
            "radiograph of the left hand", "an x-ray film of a hand", "hand roentgenogram",
            "x-ray of the fingers", "plain film of the wrist and hand", "hands on x-ray",
            "radiographic image of a child's hand", "bone age x-ray of a hand",
            "x-ray picture of a right hand", "hand bones, radiography",
        ),
        adjectives=("hand", "finger", "hand bone", "left hand", "right hand", "hand and wrist"),
        nouns=("hand", "hands", "fingers", "left hand", "right hand", "hand bones", "hand and wrist"),
        modality=XRAY,
    ),
    Concept(
        "chest CT",
        phrases=(
            "thoracic CT in lung window", "chest CT in mediastinal window", "lung window CT",
            "HRCT of the lungs", "high-resolution CT of the chest", "low-dose CT of the lungs",
            "lung cancer screening CT", "axial slice of a chest CT", "CT showing both lungs",
            "CT of the heart and lungs",
        ),
        words=(
            "ChestCT", "chest CT", "chest_ct", "CTchest", "lung CT", "LungCT", "thorax CT", "CT thorax",
            "HRCT",
        ),
        unseen=(
            "CT scan of the thorax", "lung computed tomography", "a slice of a thoracic CT",
            "axial CT of the lungs", "CAT scan of the chest", "computed tomography of the chest",
            "pulmonary CT image", "the lungs on CT", "thorax, CT slice", "chest CT with contrast",
        ),
        adjectives=("chest", "thorax", "thoracic", "lung", "pulmonary"),
        nouns=("chest", "thorax", "lungs", "lung"),
        modality=CT,
        findings={
            "malignant": (
                "lung cancer on chest CT", "chest CT with a malignant nodule", "malignant chest CT",
            ),
            "benign": ("chest CT with a benign nodule", "benign chest CT"),
            "normal": ("normal chest CT", "chest CT without a nodule"),
        },
    ),
    Concept(
        "abdominal CT",
        phrases=(
            "CT of abdomen and pelvis", "abdominopelvic CT", "CT showing the liver and kidneys",
            "liver CT", "kidney CT", "CT of the liver", "CT of the kidneys", "pelvic CT",
            "CT of the pelvis", "spleen CT", "CT of the upper abdomen", "CT of the abdominal organs",
            "CT colonography slice", "pancreas CT",
        ),
        words=(
            "AbdomenCT", "abdomen CT", "abdominal CT", "abdomen_ct", "abdominal_ct", "CT abdomen",
            "CTabdomen",
        ),
        unseen=(
            "CT scan of the belly", "axial CT of the abdomen", "abdomen computed tomography",
            "the abdomen on CT", "a slice of an abdominal CT", "computed tomography of the liver",
            "CAT scan of the abdomen", "CT of the abdomen with contrast", "abdominal organs, CT slice",
            "CT abdomen and pelvis",
        ),
        adjectives=("abdomen", "abdominal", "belly", "abdominopelvic", "liver"),
        nouns=("abdomen", "abdominal organs", "abdominal cavity", "belly", "abdomen and pelvis"),
        modality=CT,
    ),
    Concept(
        "head CT",
        phrases=(
            "CT showing the skull and brain", "cranial computed tomography", "brain window CT", "skull CT",
            "non-contrast head CT for stroke", "CT of the skull", "neuro CT", "NCCT head",
            "CT head without contrast", "intracranial hemorrhage CT", "axial slice of a head CT",
        ),
        words=(
            "HeadCT", "head CT", "head_ct", "CT head", "CThead", "brain CT", "brain_ct", "BrainCT",
            "cranial CT",
        ),
        unseen=(
            "CT scan of the brain", "computed tomography of the head", "a CAT scan of the head",
            "skull CT scan", "the head on CT", "axial CT of the brain", "cranial CT slice",
            "a slice of a head CT", "CT of the head without contrast", "head, computed tomography",
        ),
        adjectives=("head", "brain", "cranial", "cerebral", "skull"),
        nouns=("head", "brain", "skull", "cranium"),
        modality=CT,
    ),
    Concept(
        "breast MRI",
        phrases=(
            "bilateral breast MRI", "axial MRI of both breasts", "dynamic contrast-enhanced breast MRI",
            "DCE-MRI of the breast", "MR mammography", "magnetic resonance mammography",
            "breast MR examination",
        ),
        words=("BreastMRI", "breast MRI", "breast_mri", "MRI breast", "breast MR", "BreastMR", "MRIbreast"),
        unseen=(
            "MRI scan of the breasts", "magnetic resonance imaging of the breast", "breast MR scan",
            "mammary MRI slice", "the breasts on MRI", "axial breast MRI",
            "breast, magnetic resonance image", "a slice of a breast MRI", "MR image of a breast",
            "T1-weighted MRI of the breasts",
        ),
        adjectives=("breast", "mammary", "bilateral breast"),
        nouns=("breast", "breasts", "both breasts", "female breast"),
        modality=MRI,
    ),
    Concept(
        "brain MRI",
        phrases=(
            "MRI showing the brain", "FLAIR image of the brain", "neuro MRI", "sagittal MRI of the head",
            "coronal brain MRI", "axial T2 brain image", "contrast-enhanced T1 brain MRI", "FLAIR brain",
            "MRI of a brain tumour", "cranial magnetic resonance imaging", "MRI for a brain tumor",
        ),
        words=(
            "BrainMRI", "brain MRI", "brain_mri", "MRI brain", "brain MR", "HeadMRI", "head MRI",
            "cranial MRI",
        ),
        unseen=(
            "MRI scan of the brain", "magnetic resonance image of the head", "cerebral MR image",
            "cranial MRI slice", "the brain on MRI", "a slice of a brain MRI",
            "brain, magnetic resonance imaging", "axial brain MRI", "T2-weighted MRI of the brain",
            "MR scan of the head",
        ),
        adjectives=("brain", "head", "cerebral", "cranial"),
        nouns=("brain", "head", "cerebrum"),
        modality=MRI,
        findings={
            "glioma": ("glioma", "brain MRI with glioma", "glioma on MRI", "brain MRI showing a glioma"),
            "meningioma": ("meningioma", "brain MRI with meningioma", "meningioma on MRI"),
            "pituitary": ("pituitary tumor", "pituitary adenoma", "brain MRI with a pituitary tumour"),
            "no_tumor": ("no tumor", "normal brain MRI", "brain MRI without a tumour", "healthy brain MRI"),
        },
    ),
    Concept(
        "breast ultrasound",
        phrases=(
            "breast lesion on ultrasound", "sonographic breast examination", "ultrasound of a breast mass",
            "breast tumour ultrasound", "ultrasound of breast tissue", "BUS image",
            "breast sonography image",
        ),
        words=(
            "breast ultrasound", "BreastUS", "breast_ultrasound", "BUSI", "BUS", "breast US",
            "ultrasound breast", "breast sonogram", "BreastUltrasound",
        ),
        unseen=(
            "ultrasonography of the breast", "a sonogram of a breast", "breast echography",
            "mammary ultrasound scan", "breast, ultrasound image", "sonography of the breasts",
            "B-mode image of the breast", "the breast on ultrasound", "an ultrasound picture of a breast",
            "US image of the breast",
        ),
        adjectives=("breast", "mammary"),
        nouns=("breast", "breasts", "mammary gland", "female breast", "breast tissue"),
        modality=ULTRASOUND,
        findings={
            "benign": (
                "benign breast ultrasound", "breast ultrasound showing a benign lesion",
                "benign breast tumour",
            ),
            "malignant": (
                "malignant breast ultrasound", "breast cancer on ultrasound",
                "breast ultrasound with a malignant mass",
            ),
            "normal": ("normal breast ultrasound", "breast ultrasound without a lesion"),
        },
    ),
    Concept(
        "dermoscopy",
        phrases=(
            "dermoscopy of a skin lesion", "pigmented skin lesion", "dermatoscopic view of a mole",
            "close-up photograph of a mole", "dermatoscopic photograph", "skin lesion",
            "photograph of a skin lesion", "skin lesion under a dermatoscope", "melanocytic lesion",
            "image of a pigmented mole", "skin image", "dermatology image", "skin photograph",
            "lesion on the skin", "clinical photo of a skin lesion",
        ),
        words=(
            "dermoscopy", "dermatoscopy", "Derm", "dermoscopic", "skin", "mole", "moles", "skin lesions",
            "skin_lesion", "dermatology", "epiluminescence microscopy",
        ),
        unseen=(
            "dermatoscopic image of a mole", "a dermoscopy picture",
            "a skin lesion seen through a dermatoscope", "dermatoscopy of the skin",
            "photo of a pigmented skin lesion", "dermoscopic image of a lesion", "a mole on the skin",
            "close-up of a skin lesion", "dermatoscopy image of a skin lesion", "dermoscopy photographs",
        ),
        adjectives=("skin", "skin lesion", "mole", "pigmented lesion", ""),
        nouns=("skin", "skin lesion", "mole", "pigmented lesion", "skin tumour"),
        modality=(
            "dermoscopy", "dermatoscopy", "dermoscopic image", "dermatoscopic image", "dermatoscope image",
            "dermoscopy image", "dermoscopy photograph", "dermatoscope photo",
        ),
        findings={
            "benign": (
                "nevus", "naevus", "benign mole", "benign skin lesion", "dermoscopy of a nevus",
                "benign skin lesion in dermoscopy",
            ),
            "malignant": (
                "melanoma", "malignant skin lesion", "dermoscopy of a melanoma", "malignant melanoma",
            ),
        },
    ),
    Concept(
        "histology",
        phrases=(
            "H&E slide", "H&E stained tissue", "hematoxylin and eosin stained section",
            "haematoxylin and eosin", "histopathology slide", "tissue section under the microscope",
            "microscopic image of tissue", "histological section", "pathology slide", "biopsy slide",
            "whole slide image patch", "H&E patch", "microscopy of stained tissue",
            "HE stained tissue patch", "tumour tissue microscopy", "lymph node section", "pathology image",
        ),
        words=(
            "histology", "histopathology", "H&E", "pathology", "HE", "WSI", "tissue", "tissue section",
            "biopsy", "histo", "hematoxylin eosin",
        ),
        unseen=(
            "a histology section", "an H&E stained slide", "histopathological image",
            "H&E image of breast tissue", "tissue slide stained with hematoxylin and eosin",
            "microscopic view of a tissue section", "a histopathology patch",
            "pathology slide of colon tissue", "stained tissue under the microscope",
            "histology slides of a biopsy",
        ),
        adjectives=(
            "breast tissue", "colon", "lung tissue", "prostate", "colorectal", "tissue", "tumour",
            "kidney", "lymph node", "breast cancer", "",
        ),
        nouns=(
            "breast tissue", "colon tissue", "tissue", "a biopsy", "lung tissue", "a lymph node",
            "a tumour", "cancer tissue",
        ),
        modality=(
            "histology", "histopathology", "histology slide", "histopathology slide", "histology image",
            "histopathology image", "H&E slide", "H&E image", "histological image",
            "histopathological slide", "pathology slide", "H&E stain",
        ),
        findings={
            "no_carcinoma": ("histology without carcinoma", "normal breast tissue, H&E"),
            "ductal_carcinoma": (
                "invasive ductal carcinoma", "ductal carcinoma histology", "H&E slide showing carcinoma",
            ),
        },
    ),
    Concept(
        "blood cells",
        phrases=(
            "peripheral blood smear", "blood film", "white blood cells under the microscope",
            "red blood cells", "white blood cell", "single blood cell", "microscopy of blood cells",
            "stained blood film", "Giemsa stained blood smear", "Wright stain of blood", "leukocyte image",
            "blood cell under a microscope", "field of a blood smear", "erythrocytes and leukocytes",
            "haematology slide", "thin blood smear", "blood cell type image",
            "leukocytes in peripheral blood",
        ),
        words=(
            "blood cells", "blood cell", "blood smear", "blood_cells", "blood_smear", "BloodCell", "WBC",
            "RBC", "blood", "leukocyte", "leukocytes", "erythrocytes", "hematology", "PBS smear",
        ),
        unseen=(
            "a microscopic image of blood cells", "peripheral blood film", "smear of blood",
            "blood cells in a smear", "a white blood cell in a blood smear", "photo of red blood cells",
            "blood smear under the microscope", "stained blood cells", "leukocytes on a blood film",
            "microscopy of a blood smear",
        ),
        adjectives=("blood", "peripheral blood", "blood cell", "stained blood"),
        nouns=("blood", "blood cells", "peripheral blood", "white blood cells", "red blood cells"),
        modality=(
            "smear", "film", "microscopy", "microscope image", "micrograph", "microscopic image",
            "smear image",
        ),
        findings={
            "basophil": ("basophil", "basophils", "blood smear with a basophil"),
            "eosinophil": ("eosinophil", "eosinophils", "blood smear with an eosinophil"),
            "erythroblast": ("erythroblast", "erythroblasts", "nucleated red blood cell"),
            "immature_granulocyte": ("immature granulocyte", "immature granulocytes", "metamyelocyte"),
            "lymphocyte": ("lymphocyte", "lymphocytes", "blood smear with a lymphocyte"),
            "monocyte": ("monocyte", "monocytes", "blood smear with a monocyte"),
            "neutrophil": ("neutrophil", "neutrophils", "blood smear with a neutrophil"),
            "platelet": ("platelet", "platelets", "thrombocyte", "blood smear with a platelet"),
            "smear": ("whole field of a blood smear", "blood smear field with many cells"),
        },
    ),
    Concept(
        "fundus",
        phrases=(
            "retinal fundus photograph", "eye fundus image", "photograph of the back of the eye",
            "optic disc photograph", "colour fundus photograph", "color fundus photography",
            "retina with optic disc and vessels", "ophthalmoscopy image", "fundus camera image",
            "diabetic retinopathy screening photograph", "retinal vessels", "fundoscopy",
            "macula and optic disc photograph", "ophthalmology image", "fundus photo of the left eye",
        ),
        words=(
            "fundus", "retina", "retinal", "fundus photo", "fundus_image", "eye fundus", "CFP",
            "retinal image", "eye", "ophthalmoscopy", "RetinaFundus", "retinal photo",
        ),
        unseen=(
            "retinal photograph", "fundus photograph of an eye", "colour photograph of the retina",
            "an eye fundus picture", "a fundoscopy image", "image of the retina",
            "photo of the ocular fundus", "retinal fundus camera picture",
            "the back of an eye, fundus photo", "fundus photography of the retina",
        ),
        adjectives=("retinal", "retina", "eye", "ocular", "ophthalmic", "colour"),
        nouns=("retina", "eye", "eye fundus", "back of the eye", "optic disc", "right eye"),
        modality=(
            "fundus photograph", "fundus image", "fundus photo", "fundus", "fundus photography",
            "fundus camera image", "fundoscopy", "photograph",
        ),
    ),
)

BY_KEY: dict[str, Concept] = {concept.key: concept for concept in CONCEPTS}
KEYS: tuple[str, ...] = tuple(BY_KEY)

OTHERS: dict[str, tuple[str, ...]] = {
    "noise": (
        "random noise", "noise", "static", "a meaningless pattern", "white noise",
        "a noisy image of nothing",
    ),
    "text": (
        "a page of text", "a text document", "a scanned letter", "a printed page", "a text page",
        "a report",
    ),
    "chart": ("a chart", "a plot", "a graph", "a line chart", "a bar chart", "a diagram", "a data plot"),
    "photograph": (
        "a photograph", "a photo of a scene", "a landscape photograph", "an everyday photograph",
        "a photo of objects",
    ),
    "plain": (
        "a gradient", "an empty image", "a blank image", "a plain colour", "a plain background",
        "a black image",
    ),
}
OTHER_KEYS: tuple[str, ...] = tuple(f"other: {name}" for name in OTHERS)

# Captions true of several concepts: texts, concepts, and concepts of which they may or may not be true.
COARSE: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("x-ray", "xray", "radiograph", "x-ray image", "x-rays", "plain radiograph"),
        ("chest x-ray", "hand x-ray"),
        (),
    ),
    (
        ("CT", "CT scan", "computed tomography", "CT image", "CT slice"),
        ("chest CT", "abdominal CT", "head CT"),
        (),
    ),
    (
        ("MRI", "MRI scan", "magnetic resonance image", "MR image"),
        ("breast MRI", "brain MRI"),
        (),
    ),
    (
        ("ultrasound", "ultrasound image", "sonogram", "ultrasonography"),
        ("breast ultrasound",),
        (),
    ),
    (
        ("microscopy", "microscopy image", "micrograph", "microscope slide"),
        ("histology", "blood cells"),
        ("dermoscopy",),
    ),
    (
        ("chest", "thorax", "image of the chest"),
        ("chest x-ray", "chest CT"),
        (),
    ),
    (
        ("breast", "image of the breast"),
        ("breast MRI", "breast ultrasound"),
        ("histology",),
    ),
    (
        ("head", "brain", "image of the head", "image of the brain"),
        ("head CT", "brain MRI"),
        (),
    ),
    (
        ("abdomen", "image of the abdomen", "belly"),
        ("abdominal CT",),
        ("chest CT",),
    ),
    (
        ("radiology image", "cross-sectional image", "tomographic slice"),
        ("chest CT", "abdominal CT", "head CT", "breast MRI", "brain MRI"),
        ("chest x-ray", "hand x-ray", "breast ultrasound"),
    ),
    (
        ("medical image", "clinical image", "medical scan"),
        KEYS,
        (),
    ),
)

# Words of pictures the model never sees: text-only negatives.
UNKNOWN_PARTS = (
    "knee", "foot", "pelvis bone", "spine", "hip", "shoulder", "elbow", "tooth", "dental", "neck", "ankle",
    "heart", "thyroid", "fetal", "prostate", "uterus", "carotid", "lumbar spine", "skull", "arm",
)
UNKNOWN_MODALITIES = (
    "PET scan", "mammogram", "endoscopy", "OCT", "angiogram", "ECG", "scintigraphy", "colonoscopy",
    "fluoroscopy", "SPECT", "DEXA", "electron microscopy", "thermography",
)
UNKNOWN_THINGS = (
    "cat", "dog", "car", "house", "tree", "person", "face", "food", "flower", "street", "dataset", "table",
    "something else", "other", "unknown", "building", "chair", "logo", "map", "screenshot",
)
# fmt: on
