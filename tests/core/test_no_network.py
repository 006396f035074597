"""Nothing reaches the network but a download that somebody asked for."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import no_network
import pytest

ROOT = Path(__file__).parents[2]

DRIVE = """
import json, sys
from core.cli.app import run
codes = [run(command) for command in json.loads(sys.argv[1])]
# A download written in Rust would not be seen by an audit hook: it must not even be loaded.
print(json.dumps({"codes": codes, "unseen": sorted({"hf_xet", "PySide6.QtNetwork"} & set(sys.modules))}))
"""


def drive(tmp_path: Path, *commands: list[str]) -> tuple[dict, list[str]]:
    """Run commands in one process that may go online for all it knows; what they gave, and what was tried."""
    log = tmp_path / "tried.txt"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSF"))
    }
    environment |= {no_network.LOG: str(log), "HF_HOME": str(tmp_path / "hub"), "MPLCONFIGDIR": str(tmp_path)}
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        environment.pop(name, None)
        environment.pop(name.upper(), None)
    ran = subprocess.run(
        [sys.executable, "-c", DRIVE, json.dumps(commands)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    tried = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return json.loads(ran.stdout.splitlines()[-1]) | {"said": ran.stderr}, tried


def test_that_no_command_reaches_for_the_network(folder: Path, tmp_path: Path) -> None:
    project, report = str(tmp_path / "p.medlabel"), str(tmp_path / "report.html")
    label = ["label", str(folder), "--classes", "chest x-ray,histology", "--project", project, "--no-refine"]
    train = ["refine", project, "--strategy", "published", "--epochs", "1"]
    gave, tried = drive(
        tmp_path,
        [*label, "--device", "cpu"],
        train,
        [*train, "--network", "timm/resnet10t"],  # looks for published weights, on this machine only
        ["export", project, "--out", str(tmp_path / "labels.csv")],
        ["export", project, "--out", report, "--format", "report"],
        ["info", project],
        ["models"],
    )
    assert gave["codes"] == [0] * 7, gave["said"]
    assert gave["unseen"] == [] and tried == []


def test_that_a_download_is_tried_by_the_command_for_it_and_by_no_other(folder: Path, tmp_path: Path) -> None:
    label = ["label", str(folder), "--classes", "a,b", "--model", "openai/ViT-B-32", "--no-refine"]
    gave, tried = drive(tmp_path, label)
    assert gave["codes"] == [1] and "--download openai/ViT-B-32" in gave["said"] and tried == []
    gave, tried = drive(tmp_path, ["models", "--download", "openai/ViT-B-32"])
    assert gave["codes"] == [1]
    assert len(tried) == 1 and "huggingface.co" in tried[0]


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443)])
def test_that_the_guard_refuses_and_writes_down_other_machines(address: tuple[str, int]) -> None:
    with pytest.raises(OSError, match="Tests reach no network"):
        socket.create_connection(address)
    (tried,) = no_network.attempts()
    assert address[0] in tried and "test_no_network.py" in tried
    no_network.forget()


def test_that_the_guard_refuses_what_needs_no_connection(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        pytest.raises(OSError, match="no network"),
    ):
        sender.sendto(b"x", ("192.0.2.1", 53))
    with pytest.raises(OSError, match="no network"):
        socket.gethostbyname("example.org")
    assert len(no_network.attempts()) == 2
    no_network.forget()


def test_that_the_guard_lets_pass_what_stays_on_this_machine(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        accepted = threading.Thread(target=lambda: server.accept()[0].close())
        accepted.start()
        socket.create_connection(("localhost", port)).close()
        accepted.join()
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as missing, pytest.raises(FileNotFoundError):
            missing.connect(str(tmp_path / "none"))
    assert no_network.attempts() == []


def test_that_a_process_that_a_test_starts_is_guarded_too() -> None:
    code = "import socket; socket.getaddrinfo('example.org', 443)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Tests reach no network" in ran.stderr
    assert len(no_network.attempts()) == 1
    no_network.forget()
