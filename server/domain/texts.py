"""What every database can keep."""

from __future__ import annotations

from server.domain.errors import Invalid


def is_storable(text: str) -> bool:
    """Neither NUL (PostgreSQL refuses it) nor lone surrogates (they have no UTF-8 form)."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def storable(text: str, path: str) -> str:
    """The text itself. Raises Invalid when it cannot be kept."""
    if not is_storable(text):
        raise Invalid("This text holds characters that cannot be kept.", path=path)
    return text
