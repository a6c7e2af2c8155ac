"""Every scenario through the API alone runs on a composed server of its own."""

from tests.smoke.api.conftest import world

__all__ = ["world"]
