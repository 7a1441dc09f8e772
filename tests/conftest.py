"""What all tests share."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate", action="store_true",
        help="write expected outputs anew, to be reviewed as a diff",
    )  # fmt: skip
