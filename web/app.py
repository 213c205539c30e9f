"""The Starlette app: mounts and middleware, no handlers. Never loads a model or a parser."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.clock import Clock
from digest.errors import DigestError
from digest.settings import Settings
from digest.storage import Storage, open_storage
from web.campaign import CampaignFile
from web.errors import on_error, on_http_error
from web.headers import StrictHeaders
from web.hooks import websub
from web.last_known import LastKnown
from web.readers import about, editions, feeds, operations, stories
from web.rendering import PageCache, respond, static_files, stylesheet
from web.state import Shared

YEAR_SECONDS = 31_536_000
MOST_BODY_BYTES = 16_000_000
"""What the parsers take at most (`digest.stages.extract.MAX_BODY_BYTES`): a larger body is not worth storing."""

READERS = [
    Route("/", editions.today, name="today"),
    Route("/editions", editions.archive_without_slash),
    Route("/editions/", editions.archive, name="archive"),
    Route("/editions/{on}", editions.show, name="edition"),
    Route("/editions/{on}/everything", editions.everything, name="everything"),
    Route("/stories/{story}", stories.show, name="story"),
    Route("/topics/{topic}", stories.topic, name="topic"),
    Route("/sources", about.sources, name="sources"),
    Route("/method", about.method, name="method"),
    Route("/robot", about.robot, name="robot"),
    Route("/tell-us", about.tell_us, name="tell-us"),
    Route("/feed.xml", feeds.atom, name="atom"),
    Route("/feed.json", feeds.json, name="json-feed"),
    Route("/sitemap.xml", feeds.site_map, name="sitemap"),
    Route("/sitemaps/{part}.xml", feeds.site_map_part, name="sitemap-part"),
    Route("/robots.txt", feeds.robots, name="robots"),
    Route("/health", operations.health, name="health"),
    Route("/metrics", operations.metrics, name="metrics"),
]

HOOKS = [
    Route("/websub/{token}", websub.verify, methods=["GET"]),
    Route("/websub/{token}", websub.push, methods=["POST"]),
]


class State(TypedDict):
    shared: Shared


def create_app(
    settings: Settings, storage: Storage, *, clock: Clock, ticks: Callable[[], float] = time.monotonic
) -> Starlette:
    """The app on an open storage; closing it is the caller's.

    A sources.yaml that is missing or not in order stops nothing that published editions can show.
    ticks: see `LastKnown`.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        yield {
            "shared": Shared(
                storage=storage,
                campaign_file=CampaignFile(settings.sources),
                clock=clock,
                last_known=LastKnown(ticks=ticks),
                pages=PageCache(),
                base_url=settings.base_url,
                most_body_bytes=min(settings.fetch_max_bytes, MOST_BODY_BYTES),
                pushing=set(),
            )
        }

    app = Starlette(
        routes=[
            *READERS,
            *HOOKS,
            Route("/static/{path:path}", _static, name="static"),
            Route("/favicon.ico", _favicon),
        ],
        middleware=[Middleware(StrictHeaders)],
        exception_handlers={HTTPException: on_http_error, DigestError: on_error, Exception: on_error},
        lifespan=lifespan,
    )
    # Its redirects take the host from the request; an address with another slash is simply not here.
    app.router.redirect_slashes = False
    return app


def from_environment() -> Starlette:
    """The app of one web worker: settings from the environment, storage of its own."""
    settings = Settings()
    return create_app(settings, open_storage(settings.storage_url), clock=settings.running_clock())


def _static(request: Request) -> Response:
    path = f"/static/{request.path_params['path']}"
    if path == stylesheet().address:
        return respond(request, stylesheet().rendered, max_age=YEAR_SECONDS, is_immutable=True)
    asset = static_files().get(request.path_params["path"])
    if asset is None:
        raise HTTPException(404)
    return respond(request, asset.rendered, max_age=86_400)


def _favicon(request: Request) -> Response:
    return respond(request, static_files()["mark.svg"].rendered, max_age=86_400)
