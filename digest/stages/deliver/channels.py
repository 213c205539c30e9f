"""Named public destinations through Apprise: an ntfy topic, a Telegram channel. The only importer of apprise."""

import logging
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import apprise
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError, SSLError

from digest.errors import ConfigError, DeliveryError, UncertainDeliveryError
from digest.model.delivery import Message, Room
from digest.model.ids import ChannelName

# Its own log lines may name hosts and parts of a notifier's URL; what we need to know is in the answer.
logging.getLogger("apprise").setLevel(logging.CRITICAL)

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
"""Apprise waits 4 seconds by itself: a service that answers later has often taken the message. Both together stay under
MESSAGE_SECONDS, what the supervisor allows for the message in hand."""


class AppriseChannels:
    """The channels of settings, each one Apprise URL. Names appear in messages and logs, URLs (secrets) never."""

    def __init__(self, urls: Mapping[ChannelName, str], *, setting: str = "DIGEST_CHANNELS") -> None:
        """Raises ConfigError naming the channels whose URL Apprise does not know, or that reach several targets."""
        self._targets: dict[ChannelName, Any] = {}
        problems = []
        for name, url in urls.items():
            target = apprise.Apprise.instantiate(url, suppress_exceptions=True)
            if target is None:
                problems.append(
                    f"{setting}: Apprise does not understand the address of channel {name!r}; compare it with "
                    "https://appriseit.com/services/ (the address itself is not shown here: it may hold a secret)."
                )
                continue
            # Ours are the retries: its own would not know what may have left.
            target.retry = 0
            target.socket_connect_timeout, target.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
            if len(target) > 1:
                problems.append(
                    f"{setting}: channel {name!r} reaches {len(target)} targets in one address. Make one channel "
                    "of each target: when one of them fails, the others would get the message again."
                )
            self._targets[name] = target
        if problems:
            raise ConfigError(*problems)

    @property
    def names(self) -> tuple[ChannelName, ...]:
        return tuple(self._targets)

    def room_of(self, channel: ChannelName) -> Room:
        """A service that has no title, or counts it with the text, gets all in the text: within the length for real."""
        target = self._target(channel)
        has_title = target.title_maxlen > 0 and not target.overflow_amalgamate_title
        return Room(title=int(target.title_maxlen) if has_title else 0, text=int(target.body_maxlen))

    def send(self, channel: ChannelName, message: Message) -> str:
        target = self._target(channel)
        service = str(target.service_name)
        notifier = apprise.Apprise()
        notifier.add(target)
        with _watched() as exchanges:
            # Apprise logs instead of raising; its bare answer is true for a failed service marked `optional`.
            answer = notifier.notify(title=message.title, body=message.text, body_format=apprise.NotifyFormat.TEXT)
        if answer and all(attempt for service_result in answer for attempt in service_result):
            return f"{service} took the message"
        raise _failure(service, exchanges)

    def _target(self, channel: ChannelName) -> Any:
        try:
            return self._targets[channel]
        except KeyError as error:
            raise DeliveryError(
                f"channel {channel!r} is no longer set; put it back in DIGEST_CHANNELS or pause sending", retryable=True
            ) from error


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One HTTP request that a service made, and what became of it."""

    is_reading: bool
    """It only asks; nothing can be taken by it."""
    status: int | None
    """None: no answer came."""
    has_left: bool
    """False: no connection ever stood, so not one byte went."""


# Gateways say these when whoever stands behind them has not answered them: it may have taken the message.
_UNHEARD = frozenset({408, 502, 504})


def _failure(service: str, exchanges: list[_Exchange]) -> DeliveryError:
    """What a failed notification is: tried again only where every request provably took nothing."""
    if not exchanges:
        # Not an HTTP service, or its plugin gave up before asking: from outside the two look alike.
        return UncertainDeliveryError(f"{service} did not say whether it took the message")
    for exchange in exchanges:
        is_refused = exchange.status is not None and exchange.status >= 400 and exchange.status not in _UNHEARD
        if exchange.has_left and not exchange.is_reading and not is_refused:
            said = "did not answer" if exchange.status is None else f"answered {exchange.status}"
            return UncertainDeliveryError(f"{service} {said} and may have taken the message")
    last = exchanges[-1]
    if not last.has_left:
        return DeliveryError(f"{service} could not be reached", retryable=True)
    said = "did not answer" if last.status is None else f"answered {last.status}"
    return DeliveryError(f"{service} {said}: it did not take the message", retryable=True)


_watching = threading.Lock()


@contextmanager
def _watched() -> Iterator[list[_Exchange]]:
    """Every HTTP request that is made in the block, in order.

    Apprise's answer is one bit, and its log lines are words for people; but its services all speak through `requests`,
    whose one door is HTTPAdapter.send. It is watched for as long as a message is sent, by one sender at a time.
    """
    seen: list[_Exchange] = []
    send = HTTPAdapter.send

    def watched(adapter: HTTPAdapter, request: Any, *args: Any, **kwargs: Any) -> Any:
        is_reading = request.method in {"GET", "HEAD", "OPTIONS"}
        try:
            response = send(adapter, request, *args, **kwargs)
        except requests.RequestException as error:
            seen.append(_Exchange(is_reading, None, has_left=not _never_connected(error)))
            raise
        seen.append(_Exchange(is_reading, response.status_code, has_left=True))
        return response

    with _watching:
        # Nothing smaller sees it: each service opens a session of its own.
        HTTPAdapter.send = watched  # type: ignore[method-assign, assignment]  # it passes on whatever it is given
        try:
            yield seen
        finally:
            HTTPAdapter.send = send  # type: ignore[method-assign]  # the door as it was


def _never_connected(error: requests.RequestException) -> bool:
    """Whether the connection itself failed: name not found, refused, no answer to the knock, a false certificate.

    Any other error, one of TLS included, can come after the message has gone.
    """
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError)
