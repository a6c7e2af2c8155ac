"""Imported by Python itself where it is on PYTHONPATH: writes down what a media worker forwards.

A tap inside the worker sees each packet after SRTP was opened: all that the server can ever see.
"""

import base64
import json
import os

from media.worker.layer import Layer

_receive = Layer.receive
_file = open(os.environ["PYTHONTAP"], "a", buffering=1)  # noqa: SIM115


def _tapped(self, stream, index, timestamp, marker, payload, level, now):  # type: ignore[no-untyped-def]
    record = {
        "peer": self.producer.peer,
        "source": str(self.producer.source),
        "ssrc": stream.ssrc,
        "index": index,
        "timestamp": timestamp,
        "is_last": bool(marker),
        "payload": base64.b64encode(payload).decode(),
    }
    _file.write(json.dumps(record) + "\n")
    return _receive(self, stream, index, timestamp, marker, payload, level, now)


Layer.receive = _tapped  # type: ignore[method-assign]
