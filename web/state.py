"""What the handlers share, made once per worker in the app's lifespan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from starlette.requests import Request

from digest.clock import Clock
from digest.errors import DigestError
from digest.model.edition import Cadence, EditionDocument
from digest.model.hub import HubToken
from digest.model.source import Campaign
from digest.storage import Storage
from web.campaign import CampaignFile
from web.last_known import LastKnown
from web.rendering import Frame, PageCache

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    storage: Storage
    campaign_file: CampaignFile
    clock: Clock
    last_known: LastKnown
    pages: PageCache
    base_url: str
    most_body_bytes: int
    """Of what a hub may push."""
    pushing: set[HubToken]
    """The subscriptions whose hub sends this worker a body now."""

    @property
    def campaign(self) -> Campaign:
        """sources.yaml as it was last in order. Raises ConfigError while it never was since this worker started."""
        return self.last_known.get("sources.yaml", self.campaign_file.read)

    def find_campaign(self) -> Campaign | None:
        """The same, or None while there is none: pages of editions need none, their documents say everything."""
        try:
            return self.campaign
        except DigestError:
            return None

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """What was made under this key since anything public last changed, or is made now."""
        return self.pages.get(key, make, version=self._public_version())

    def _public_version(self) -> tuple[int, Campaign | None]:
        """Changes whenever a page may look different: a publication, a retraction, an edited sources.yaml."""

        def ask() -> int:
            with self.storage.read() as tx:
                return tx.editions.public_version()

        return self.last_known.get("the public version", ask), self.find_campaign()

    def latest(self) -> EditionDocument | None:
        """The newest published edition."""
        with self.storage.read() as tx:
            revision = tx.editions.latest_published(Cadence.DAILY)
        return revision.document if revision is not None else None

    def frame(self, path: str, *, title: str, description: str, is_indexed: bool = True) -> Frame:
        """The frame of a page that belongs to no edition; addresses come from the settings, never from a request.

        Raises ConfigError where neither sources.yaml nor a published edition says whose page this is.
        """
        campaign = self.find_campaign()
        document = self.latest() if campaign is None else None
        if document is not None:
            return frame_of(
                document, path, title=title, description=description, is_indexed=is_indexed, is_of_its_day=False
            )
        site = (campaign or self.campaign).site
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
            section=path,
            is_sample=site.is_sample,
            is_indexed=is_indexed,
        )


def frame_of(
    document: EditionDocument,
    path: str,
    *,
    title: str,
    description: str,
    section: str = "",
    is_indexed: bool = True,
    is_of_its_day: bool = True,
) -> Frame:
    """The frame of a page that an edition carries: everything from its frozen document.

    is_of_its_day: whether times of the edition's day need no date on the page.
    """
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
        section=section or path,
        on=document.edition_on if is_of_its_day else None,
        is_sample=document.is_sample,
        is_indexed=is_indexed,
    )


def shared(request: Request) -> Shared:
    return cast(Shared, request.state.shared)
