"""What all tests share."""

import pytest
from hypothesis import settings

settings.register_profile("freehold", deadline=None)  # a busy machine is no mistake of ours
settings.register_profile("quick", deadline=None, max_examples=10, derandomize=True)
settings.load_profile("freehold")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate", action="store_true",
        help="write expected outputs anew, to be reviewed as a diff",
    )  # fmt: skip
