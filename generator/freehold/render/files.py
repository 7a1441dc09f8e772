"""What a site consists of: files, and where on the hosts they land."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """Where a site's file lands on hosts."""

    dest: str
    owner: str
    group: str
    mode: str


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of a site tree, by its path below the site's root."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644
    target: Target | None = None

    @property
    def sha256(self) -> str:
        """The digest of the content, 64 hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()
