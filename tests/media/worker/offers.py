"""Offers captured from real browsers: microphone on the first m-line, camera on the second."""

from pathlib import Path

_CAPTURED = Path(__file__).with_name("captured")


def captured(browser: str) -> str:
    """The offer, with the line ends of SDP."""
    lines = (_CAPTURED / f"{browser}.sdp").read_text().splitlines()
    return "\r\n".join(lines) + "\r\n"


CHROMIUM = captured("chromium")
FIREFOX = captured("firefox")
