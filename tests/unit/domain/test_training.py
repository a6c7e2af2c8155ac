from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.domain.access import Role
from server.domain.errors import Invalid, NotFound
from server.domain.training import PASS_LIFETIME, Pass, Trainee

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_a_trainee_has_an_account_for_each_role() -> None:
    nurse = Trainee("0199-AB", "Ada", "it", Role.NURSE)
    assert nurse.email == "nurse.0199-ab@training.invalid"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.INTEGRATOR])
def test_nobody_practises_to_administer(role: Role) -> None:
    with pytest.raises(Invalid):
        Trainee("0199-AB", "Ada", "it", role)


def test_a_pass_is_good_for_a_moment() -> None:
    made = Pass("digest", "user", NOW + PASS_LIFETIME)
    made.require(NOW + PASS_LIFETIME - timedelta(seconds=1))
    with pytest.raises(NotFound):
        made.require(NOW + PASS_LIFETIME)
