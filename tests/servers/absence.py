"""What to do when a real component is not on the machine."""

import os
from typing import NoReturn

import pytest


def not_run(component: str) -> NoReturn:
    """Skip, or fail where `CI=true`: there an absent component is a defect."""
    reason = f"not run: {component} absent"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
