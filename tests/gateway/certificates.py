"""Certificates as the role gateway makes them: by openssl, from the rendered description."""

import subprocess
from pathlib import Path

from freehold.plan.types import Certificate


def openssl(*arguments: object, stdin: str = "") -> str:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


def make_authority(folder: Path) -> None:
    """The authority whose configuration lies in `folder`."""
    key, certificate = folder / "ca.key", folder / "ca.crt"
    _make_key(key)
    openssl("req", "-x509", "-new", "-key", key, "-days", 3650, "-out", certificate,
            "-config", folder / "authority.cnf")  # fmt: skip


def issue(authority: Path, certificate: Certificate, folder: Path) -> None:
    """A key and its certificate in `folder`."""
    key = folder / f"{certificate.name}.key"
    _make_key(key)
    request = openssl("req", "-new", "-key", key, "-subj", f"/CN=freehold-{certificate.name}")
    signed = openssl(
        "x509", "-req", "-days", 825, "-CA", authority / "ca.crt", "-CAkey", authority / "ca.key",
        "-extfile", authority / "authority.cnf", "-extensions", certificate.section,
        stdin=request,
    )  # fmt: skip
    (folder / f"{certificate.name}.crt").write_text(signed)


def _make_key(path: Path) -> None:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
