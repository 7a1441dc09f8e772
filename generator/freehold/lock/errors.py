"""What keeps `lock` from its work, through no fault of the spec."""


class CannotLockError(Exception):
    """A service or a tool does not answer; the text is one line for the user."""
