"""The main job on the built-in sample images, from a folder to exported files."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.jobs import JobContext
from core.tasks.export import ExportResult, ExportSpec, export
from core.tasks.import_labels import ImportSpec, import_labels
from core.tasks.info import ProjectInfo, info
from core.tasks.label import ClassSpec, LabelResult, LabelSpec, label
from core.tasks.refine import RefineResult, RefineSpec, refine
from core.tasks.scan import open_project, scan


@dataclass(frozen=True)
class DemoSpec:
    """Where the demo puts its project and its files."""

    folder: Path
    device: str = "auto"
    seed: int = 0


@dataclass(frozen=True)
class DemoResult:
    """What each step gave, and the project at its end."""

    label: LabelResult
    refine: RefineResult
    info: ProjectInfo
    csv: ExportResult
    npz: ExportResult


def demo(spec: DemoSpec, ctx: JobContext) -> DemoResult:
    """Label, refine, measure against the samples' known labels, and export. Raises `UserError`."""
    from core.datasets.samples import sample_classes, sample_images_folder
    from core.resources import resource_path

    images = sample_images_folder()
    if not images.is_dir():
        raise UserError("The built-in sample images are not installed.", "Install MedLabel again.")
    spec.folder.mkdir(parents=True, exist_ok=True)
    project = open_project(images, spec.folder.resolve() / "samples.medlabel")
    scan(project, ctx)
    classes = tuple(ClassSpec(name) for name in sample_classes())
    labelled = label(LabelSpec(project, classes, device=spec.device, seed=spec.seed), ctx)
    refined = refine(RefineSpec(project, device=spec.device, seed=spec.seed), ctx)
    import_labels(ImportSpec(project, resource_path("samples", "labels.csv")), ctx)
    csv = export(ExportSpec(project, "csv", spec.folder / "labels.csv", seed=spec.seed), ctx)
    npz = export(ExportSpec(project, "npz", spec.folder / "labels.npz", seed=spec.seed), ctx)
    return DemoResult(labelled, refined, info(project), csv, npz)
