"""What a command is asked to write into."""

from pathlib import Path

from freehold.cli.opening import SPEC_NAME


def refusal(path: Path, spec: Path) -> tuple[str, ...]:
    """Why no file can be put there, and what to do; nothing when it can.

    A file is put in the place of the old one, so a link, a pipe or a device would be replaced,
    and so would be the spec.
    """
    if path.is_symlink():
        return f"freehold: {path}: is a symbolic link", "  = help: name the file itself"
    if path.exists() and not path.is_file():
        kind = "a directory" if path.is_dir() else "no plain file"
        return f"freehold: {path}: is {kind}", "  = help: name a file"
    if path.exists() and path.resolve() in {spec.resolve(), (spec / SPEC_NAME).resolve()}:
        return f"freehold: {path}: is the spec itself", "  = help: name another file"
    if not path.parent.is_dir():
        return f"freehold: {path.parent}: is no directory", "  = help: make it first"
    return ()
