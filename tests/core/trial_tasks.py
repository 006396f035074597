"""A trial for the tests of `core.experiments.runner`: it must be importable by another process."""

import json
import os
from dataclasses import replace
from pathlib import Path

from core.errors import UserError
from core.experiments.trial import TrialResult, TrialSpec, from_json, trial_key
from core.jobs import JobContext


def known_result(spec: TrialSpec, ctx: JobContext) -> TrialResult:
    """The result in the file that the strategy names; the seed 1 fails."""
    ctx.check()
    if spec.seed == 1:
        raise UserError("Seed 1 fails.")
    found = from_json(json.loads(Path(spec.strategy).read_text(encoding="utf-8")))
    return replace(found, key=trial_key(spec), seed=spec.seed, notes={"process": os.getpid()})
