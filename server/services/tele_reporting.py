"""The services of tele-reporting, joined."""

from __future__ import annotations

from dataclasses import dataclass

from server.services.pacs import PacsDesk
from server.services.ports.clock import Clock, Fresh
from server.services.ports.documents import BlobStore
from server.services.ports.pacs import Pacs
from server.services.ports.papers import Papers
from server.services.ports.rate_limits import RateLimits
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database
from server.services.pulls import Pulls
from server.services.results import Results
from server.services.studies import Studies
from server.services.study_views import StudyViews


@dataclass(frozen=True, slots=True)
class Outside:
    """What tele-reporting needs of the world."""

    blobs: BlobStore
    papers: Papers
    limits: RateLimits
    box: SecretBox
    pacs: Pacs
    public_url: str


@dataclass(frozen=True, slots=True)
class TeleReporting:
    """One attribute per noun; `pulls` is a worker that somebody must run."""

    studies: Studies
    views: StudyViews
    results: Results
    pacs: PacsDesk
    pulls: Pulls


def tele_reporting(
    database: Database, clock: Clock, fresh: Fresh, outside: Outside
) -> TeleReporting:
    """Join them."""
    blobs, papers = outside.blobs, outside.papers
    studies = Studies(database, clock, fresh, blobs)
    desk = PacsDesk(database, clock, fresh, outside.box, outside.pacs)
    return TeleReporting(
        studies=studies,
        views=StudyViews(database, clock, papers, studies),
        results=Results(database, clock, fresh, papers, outside.limits, outside.public_url),
        pacs=desk,
        pulls=Pulls(database, clock, fresh, blobs, outside.pacs, desk),
    )
