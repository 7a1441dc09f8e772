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
CARD = {"name": "NVIDIA L40S", "count": 2, "mig": None, "instances": 0, "vram_mib": 46068,
        "minimum_driver": "580"}  # fmt: skip
A30 = "NVIDIA A30, 24576, Enabled, Default, 580.95.05"
DIVIDED = """\
GPU 0: NVIDIA A30 (UUID: GPU-e86cb44c)
  MIG 2g.12gb     Device  0: (UUID: MIG-c7384736)
  MIG 2g.12gb     Device  1: (UUID: MIG-a28ad590)
GPU 1: NVIDIA A30 (UUID: GPU-36bcb44c)
  MIG 2g.12gb     Device  0: (UUID: MIG-b7384736)
  MIG 2g.12gb     Device  1: (UUID: MIG-d28ad590)
"""
HALVES = {"name": "NVIDIA A30", "mig": "2g.12gb", "instances": 2, "vram_mib": 24576}

pytestmark = pytest.mark.slow


class Machine:
    """This machine, with GPUs as its programs report them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cdi = folder / "cdi"
        self.cdi.mkdir()
        (self.cdi / "nvidia.yaml").write_text("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n")
        (folder / "instances").write_text("GPU 0: NVIDIA L40S (UUID: GPU-e86cb44c)\n")
        self.says("nvidia-smi", f"{GPU}\n{GPU}\n")
        self.says("nvidia-ctk", DEVICES)
        self.says("systemctl", "After=local-fs.target\n")

    def says(self, program: str, text: str, status: int = 0) -> None:
        file = self.folder / "bin" / program
        file.parent.mkdir(exist_ok=True)
        listed = f'[ "$1" != --list-gpus ] || exec cat {self.folder}/instances\n'
        file.write_text(f"#!/bin/sh\n{listed}cat <<'END'\n{text}END\nexit {status}\n")
        file.chmod(0o755)

    def has_instances(self, listed: str) -> None:
        """Two cards in MIG mode, as `nvidia-smi --list-gpus` lists them."""
        self.says("nvidia-smi", f"{A30}\n{A30}\n")
        (self.folder / "instances").write_text(listed)
        self.says("nvidia-ctk", "".join(f"nvidia.com/gpu={gpu}:{part}\n"
                                        for gpu in (0, 1) for part in (0, 1)))  # fmt: skip

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


def test_accepts_the_planned_instances(machine: Machine) -> None:
    machine.has_instances(DIVIDED)
    assert machine.preflight(**HALVES) == ""


@pytest.mark.parametrize(
    "listed",
    [
        DIVIDED.rpartition("  MIG")[0],
        DIVIDED.replace("2g.12gb     Device  1", "1g.6gb      Device  1", 1),
        DIVIDED + "  MIG 1g.6gb      Device  2: (UUID: MIG-e28ad590)\n",
        "GPU 0: NVIDIA A30 (UUID: GPU-e86cb44c)\nGPU 1: NVIDIA A30 (UUID: GPU-36bcb44c)\n",
    ],
    ids=["one is missing", "one is smaller", "one too many", "none"],
)
def test_refuses_other_instances(machine: Machine, listed: str) -> None:
    machine.has_instances(listed)
    assert "plan has 2 MIG instances 2g.12gb on each of 2 GPUs" in machine.preflight(**HALVES)


def test_refuses_whole_gpus_where_instances_are_planned(machine: Machine) -> None:
    machine.has_instances(DIVIDED)
    machine.says("nvidia-smi", f"{A30}\n{A30}\n".replace("Enabled", "Disabled"))
    assert "counts on 2 instances 2g.12gb of each" in machine.preflight(**HALVES)


def test_refuses_containers_that_cannot_get_an_instance(machine: Machine) -> None:
    machine.has_instances(DIVIDED)
    machine.says("nvidia-ctk", "nvidia.com/gpu=0:0\nnvidia.com/gpu=0:1\nnvidia.com/gpu=1:0\n")
    refusal = machine.preflight(**HALVES)
    assert "cannot get nvidia.com/gpu=1:1;" in refusal
    assert "start nvidia-cdi-refresh.service, as after each change of MIG instances" in refusal


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
