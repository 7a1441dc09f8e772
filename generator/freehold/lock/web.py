"""Fetches small answers over HTTPS, with a token that no other host gets to see."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from freehold.lock.errors import CannotLockError

_TIMEOUT: Final = 30
"""Seconds without a byte."""
_LOOPBACK: Final = re.compile(r"http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?(/|$)")
_REASONS: Final[Mapping[int, str]] = {
    401: "it asks for a token: set `HF_TOKEN`",
    403: "the token in `HF_TOKEN` may not read it; its licence may have to be accepted first",
    404: "it is not there",
    429: "too many requests; try again later",
}


class _SafeRedirects(HTTPRedirectHandler):
    """Never from HTTPS to HTTP; the token stays on the host that it was meant for."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - the base's signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not is_safe(newurl):
            fp.close()
            raise CannotLockError(f"{req.full_url} redirects to {newurl}, which is not HTTPS")
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and _host(newurl) == _host(req.full_url):
            for name, value in req.unredirected_hdrs.items():
                request.add_unredirected_header(name, value)
        return request


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what `url` gives."""
    return url.startswith("https://") or _LOOPBACK.match(url) is not None


@dataclass(frozen=True, slots=True)
class Web:
    """A way to fetch, with or without a token."""

    token: str | None
    opener: OpenerDirector = field(default_factory=lambda: build_opener(_SafeRedirects))

    def get(self, url: str, limit: int) -> bytes:
        """What `url` gives, at most `limit` bytes.

        Raises:
            CannotLockError: it gives nothing, or more.
        """
        request = Request(url, headers={"User-Agent": "freehold"})  # noqa: S310 - checked below
        if not is_safe(url):
            raise CannotLockError(f"{url} is not HTTPS")
        if self.token:
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with self.opener.open(request, timeout=_TIMEOUT) as answer:
                content: bytes = answer.read(limit + 1)
        except HTTPError as error:
            error.close()
            reason = _REASONS.get(error.code, f"HTTP status {error.code}")
            raise CannotLockError(f"{url} cannot be fetched: {reason}") from None
        except (OSError, HTTPException) as error:
            reason = str(getattr(error, "reason", error))
            raise CannotLockError(f"{url} cannot be fetched: {reason}") from None
        if len(content) > limit:
            raise CannotLockError(f"{url} gives more than {limit} bytes")
        return content
