"""What the handlers share, made once per worker in the app's lifespan."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from digest.clock import Clock
from digest.model.edition import Cadence, EditionDocument
from digest.model.source import Campaign
from digest.storage import Storage
from web.rendering import Frame, PageCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    storage: Storage
    campaign: Campaign
    clock: Clock
    pages: PageCache
    base_url: str

    def latest(self) -> EditionDocument | None:
        """The newest published edition."""
        with self.storage.read() as tx:
            revision = tx.editions.latest_published(Cadence.DAILY)
        return revision.document if revision is not None else None

    def frame(self, path: str, *, title: str, description: str, is_indexed: bool = True) -> Frame:
        """The frame of a page that belongs to no edition; addresses come from the settings, never from a request."""
        site = self.campaign.site
        return Frame(
            site_title=site.title,
            campaign=site.campaign,
            candidate=site.candidates[0].name,
            imprint=site.imprint.sentence if site.imprint.is_complete else "",
            language=site.language,
            time_zone=site.zone.key,
            base_url=self.base_url,
            path=path,
            page_title=title,
            description=description,
            is_sample=site.is_sample,
            is_indexed=is_indexed,
        )


def frame_of(document: EditionDocument, path: str, *, title: str, description: str) -> Frame:
    """The frame of a page that an edition carries: everything from its frozen document."""
    return Frame(
        site_title=document.title,
        campaign=document.campaign,
        candidate=document.candidate,
        imprint=document.imprint,
        language=document.language,
        time_zone=document.time_zone,
        base_url=document.base_url,
        path=path,
        page_title=title,
        description=description,
        on=document.edition_on,
        is_sample=document.is_sample,
    )


def shared(request: Request) -> Shared:
    return cast(Shared, request.state.shared)
