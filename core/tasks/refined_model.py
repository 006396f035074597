"""The model of a refinement: stored with its run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.project.history import utc_now
from core.project.project import Project
from core.project.records import Run
from core.tasks.learning import class_names

if TYPE_CHECKING:
    from core.refine.evidence import Verdict
    from core.refine.request import RefineOutcome, RefineRequest


def save_refined(
    project: Project,
    run: int,
    parent: Run,
    params: Mapping[str, Any],
    request: "RefineRequest",
    outcome: "RefineOutcome",
    verdict: "Verdict",
) -> None:
    """Write the outcome's model into the folder of its `run`, with what it was trained on."""
    from core.refine.model_file import save_model

    assert outcome.model is not None
    model = parent.params.get("model")
    first = model if isinstance(model, Mapping) else {"file": parent.params.get("file", "")}
    told = ("model", "arch", "weights_sha256", "network", "file")
    provenance = {
        **{name: params[name] for name in ("strategy", "seed", "device", "choices", "versions")},
        "candidate": outcome.metrics.get("candidate", ""),
        "pretrained": outcome.metrics.get("pretrained", False),
        "run": run,
        "project": project.folder.stem,
        "stage_one": {"kind": parent.kind, "run": parent.id, **{k: first[k] for k in told if k in first}},
        "images": len(request.weak),
        "learnt_from": int(request.train_on.sum()),
        "decided_by_people": int((request.truth >= 0).sum()),
        "delivered": verdict.delivers,
    }
    names = class_names(project, parent)
    save_model(project.runs.model_folder(run), outcome.model, names, provenance, utc_now())
