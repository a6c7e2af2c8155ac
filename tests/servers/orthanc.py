"""A throw-away Orthanc with its DICOMweb plugin on a random loopback port."""

import base64
import json
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import free_port, running

PLUGINS = (
    Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so"),
    Path("/usr/lib/orthanc/libOrthancDicomWeb.so"),
)
USER, PASSWORD = "pacs", "secret"


def program() -> str | None:
    """The Orthanc that has its DICOMweb plugin."""
    found = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    return found if found and _plugin() else None


@contextmanager
def server(orthanc: str) -> Iterator[str]:
    """Yield the root URL of an empty archive; DICOMweb is under /dicom-web."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="orthanc-") as home:
        config = Path(home) / "orthanc.json"
        config.write_text(json.dumps(_settings(port, home)))
        with running([orthanc, str(config)], lambda: _answers(port), Path(home) / "server.log"):
            yield f"http://127.0.0.1:{port}"


def store(url: str, instance: bytes) -> None:
    """Put one DICOM file into the archive."""
    request = urllib.request.Request(f"{url}/instances", instance, _authorised(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def _plugin() -> Path | None:
    return next((path for path in PLUGINS if path.exists()), None)


def _settings(port: int, home: str) -> dict[str, object]:
    return {
        "Name": "PACS",
        "StorageDirectory": home,
        "IndexDirectory": home,
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomServerEnabled": False,
        "Plugins": [str(_plugin())],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def _answers(port: int) -> bool:
    address = f"http://127.0.0.1:{port}/dicom-web/studies"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, headers=_authorised()), timeout=2
        ) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _authorised() -> dict[str, str]:
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
