"""The way into the sandbox: everybody's own; beginning anew, administrators'."""

from __future__ import annotations

from tests.smoke.api.case import Case, account

CASES = {
    ("POST", "training/passes"): account(lambda _: {"role": "nurse"}),
    ("POST", "training/reset"): Case("admin", {"host": 403, "observer": 403}),
}
