"""Structured logs that cannot carry patient data: listed keys only, secrets and SDP blotted out."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

Event = MutableMapping[str, Any]

STRUCTURE = frozenset({"event", "level", "timestamp", "logger", "exception", "dropped"})
KEYS = frozenset(
    """
    action attempt bytes code count duration_ms error error_id host http_port https_port id kind
    method mid negotiation part peer person pid port ports reason request request_id role room
    route seconds seq session setting signal size socket source state status step task track
    type upload version worker workers
    """.split()  # noqa: SIM905 a list of words reads best as words
)
"""What a log line may say about an event: identifiers, codes, measures. Never names or texts."""

TEXT_MAX = 300
BLOTTED = "[blotted]"
SECRETS = re.compile(
    r"""
    ey[\w-]{6,}\.[\w-]+(\.[\w-]*)?                       # JSON Web Token
    | \b(?i:bearer|basic)\s+[\w.~+/=-]+                   # Authorization
    | (?<=://)[^/\s@]+@                                   # user and password of a URL
    | (?i:(?:token|secret|password|code|key)s?)=[^&\s]+   # query or form field
    | \bv=0\r?\n.*                                        # SDP (RFC 8866 §5.1), to its end
    | \b[\w.+-]+@[\w-]+\.[\w.-]+                          # mail address
    """,
    re.VERBOSE | re.DOTALL,
)


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Send all records to `stream` (standard error), as `json` or for a `console`."""
    stream = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared = [*_context(), allow_listed, blot]
    renderer = structlog.processors.JSONRenderer() if form == "json" else _console(stream)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[template, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            use_get_message=False,
        )
    )
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


def _context() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        frames,
    ]


def _console(stream: TextIO) -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def template(_logger: Any, _method: str, event: Event) -> Event:
    """Keep a library's message without its arguments, and of that its first line."""
    event["event"] = next(iter(str(event["event"]).splitlines()), "")
    event["logger"] = event["_record"].name
    return event


def allow_listed(_logger: Any, _method: str, event: Event) -> Event:
    """Drop every value whose key is not listed, naming the key so that a developer sees it."""
    known = {key: value for key, value in event.items() if _is_known(key)}
    dropped = sorted(event.keys() - known.keys())
    return known | {"dropped": dropped} if dropped else known


def _is_known(key: str) -> bool:
    return key in KEYS or key in STRUCTURE or key.startswith("_")  # "_": structlog's own


def blot(_logger: Any, _method: str, event: Event) -> Event:
    """Blot secrets and addresses of persons out of every text, however deep."""
    return {key: value if key.startswith("_") else blotted(value) for key, value in event.items()}


def blotted(value: Any) -> Any:
    """Return a value as it may stand in a log: short, and without secrets."""
    if isinstance(value, str):
        return SECRETS.sub(BLOTTED, value)[:TEXT_MAX]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping):
        return {blotted(str(key)): blotted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [blotted(item) for item in value]
    return value if isinstance(value, int | float | None) else blotted(str(value))


def frames(_logger: Any, _method: str, event: Event) -> Event:
    """Replace an exception by its type and where it was raised: its text may quote data."""
    found = event.pop("exc_info", None)
    error = _exception(found)
    if error is not None:
        event["exception"] = " <- ".join(_described(link) for link in _chain(error))
    return event


def _exception(found: Any) -> BaseException | None:
    if isinstance(found, BaseException):
        return found
    if isinstance(found, tuple):
        error: BaseException | None = found[1]
        return error
    return sys.exception() if found else None


def _chain(error: BaseException) -> list[BaseException]:
    links = [error]
    while (cause := links[-1].__cause__ or links[-1].__context__) and cause not in links:
        links.append(cause)
    return links


def _described(error: BaseException) -> str:
    places = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    said = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    code = getattr(error, "code", None)
    said = f" ({code})" if isinstance(code, str) else said
    return f"{type(error).__qualname__}{said} at {' > '.join(places[-8:]) or 'no frame'}"
