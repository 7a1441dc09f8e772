"""The role gpu on a real Ansible, against a driver and a toolkit that say what they are told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROLES = Path(__file__).parents[1] / "playbooks/roles"
GPU = "NVIDIA L40S, 46068, [N/A], Default, 580.95.05"
DEVICES = "nvidia.com/gpu=0\nnvidia.com/gpu=1\nnvidia.com/gpu=all\n"
CARD = {"name": "NVIDIA L40S", "count": 2, "vram_mib": 46068, "minimum_driver": "580"}

pytestmark = pytest.mark.slow


class Machine:
    """This machine, with GPUs as its programs report them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cdi = folder / "cdi"
        self.cdi.mkdir()
        (self.cdi / "nvidia.yaml").write_text("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n")
        self.says("nvidia-smi", f"{GPU}\n{GPU}\n")
        self.says("nvidia-ctk", DEVICES)
        self.says("systemctl", "After=local-fs.target\n")

    def says(self, program: str, text: str, status: int = 0) -> None:
        file = self.folder / "bin" / program
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\nexit {status}\n")
        file.chmod(0o755)

    def preflight(self, **card: object) -> str:
        """Ansible's last words; empty when it refuses nothing."""
        variables = {"gpu_card": {**CARD, **card}, "__gpu_cdi_directories": [str(self.cdi)]}
        play = {"hosts": "localhost", "gather_facts": False, "roles": ["gpu"]}
        (self.folder / "play.yml").write_text(json.dumps([play]))
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local",
             "-e", json.dumps(variables), "-e", f"ansible_python_interpreter={sys.executable}",
             str(self.folder / "play.yml")],
            capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                 "ANSIBLE_ROLES_PATH": str(ROLES), "ANSIBLE_HOME": str(self.folder / "home"),
                 "ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "default"},
        )  # fmt: skip
        assert ("failed=1" in done.stdout) is (done.returncode != 0), done.stdout + done.stderr
        return "" if done.returncode == 0 else " ".join(done.stdout.split())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_accepts_what_was_planned(machine: Machine) -> None:
    assert machine.preflight() == ""


def test_accepts_memory_that_differs_by_a_driver_version(machine: Machine) -> None:
    assert machine.preflight(vram_mib=45600) == ""


@pytest.mark.parametrize(
    ("reported", "words"),
    [
        (f"{GPU}\n", "has 1 GPUs, the plan has 2"),
        (f"{GPU}\nNVIDIA L4, 46068, [N/A], Default, 580.95.05\n", "has NVIDIA L40S and NVIDIA L4,"),
        (GPU.replace("46068", "23034") + f"\n{GPU}\n", "have 23034 and 46068 MiB, the plan"),
        (f"{GPU}\n{GPU}\n".replace("580.95.05", "570.1"), "has driver 570.1, the engines need 580"),
        (f"{GPU}\n{GPU}\n".replace("[N/A]", "Enabled"), "MIG mode"),
        (f"{GPU}\n{GPU}\n".replace("Default", "Exclusive_Process"), "Exclusive_Process"),
    ],
)  # fmt: skip
def test_refuses_other_gpus(machine: Machine, reported: str, words: str) -> None:
    machine.says("nvidia-smi", reported)
    assert words in machine.preflight()


def test_refuses_a_driver_that_does_not_answer(machine: Machine) -> None:
    machine.says("nvidia-smi", "Failed to initialize NVML\n", status=9)
    refusal = machine.preflight()
    assert "does not answer: Failed to initialize NVML" in refusal
    assert "install the driver from version 580 on" in refusal


def test_refuses_a_host_without_the_toolkit(machine: Machine) -> None:
    machine.says("nvidia-ctk", "no such thing\n", status=1)
    assert "cannot get nvidia.com/gpu=0, nvidia.com/gpu=1;" in machine.preflight()


def test_refuses_a_stale_description_beside_the_refreshed_one(machine: Machine) -> None:
    (machine.cdi / "old.yaml").write_text("kind: nvidia.com/gpu\n")
    (machine.cdi / "other.yaml").write_text("kind: example.com/nic\n")
    assert "has 2 descriptions" in machine.preflight()


def test_refuses_a_toolkit_that_waits_for_the_engines(machine: Machine) -> None:
    machine.says("systemctl", "After=multi-user.target local-fs.target\n")
    assert "waits for multi-user.target" in machine.preflight()
