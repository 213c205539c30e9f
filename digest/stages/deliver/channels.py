"""Named public destinations through Apprise: an ntfy topic, a Telegram channel. The only importer of apprise."""

import logging
from collections.abc import Mapping
from typing import Any

import apprise

from digest.errors import ConfigError, DeliveryError
from digest.model.delivery import Message
from digest.model.ids import ChannelName

# Its own log lines may name hosts and parts of a notifier's URL; what we need to know is in the answer.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class AppriseChannels:
    """The channels of settings, each one Apprise URL. Names appear in messages and logs, URLs (secrets) never."""

    def __init__(self, urls: Mapping[ChannelName, str]) -> None:
        """Raises ConfigError naming the channels whose URL Apprise does not know."""
        self._targets: dict[ChannelName, Any] = {}
        unknown = []
        for name, url in urls.items():
            target = apprise.Apprise.instantiate(url, suppress_exceptions=True)
            if target is None:
                unknown.append(name)
            else:
                self._targets[name] = target
        if unknown:
            raise ConfigError(
                *(
                    f"DIGEST_CHANNELS: Apprise does not understand the address of channel {name!r}; compare it with "
                    "https://appriseit.com/services/ (the address itself is not shown here: it may hold a secret)."
                    for name in unknown
                )
            )

    @property
    def names(self) -> tuple[ChannelName, ...]:
        return tuple(self._targets)

    def most_characters(self, channel: ChannelName) -> int:
        return int(self._target(channel).body_maxlen)

    def send(self, channel: ChannelName, message: Message) -> str:
        target = self._target(channel)
        notifier = apprise.Apprise()
        notifier.add(target)
        # Apprise logs instead of raising, and answers something false when it failed or when nothing matched.
        answer = notifier.notify(title=message.title, body=message.text, body_format=apprise.NotifyFormat.TEXT)
        if not answer:
            raise DeliveryError(f"{target.service_name} did not take the message", retryable=True)
        return f"{target.service_name} took the message"

    def _target(self, channel: ChannelName) -> Any:
        try:
            return self._targets[channel]
        except KeyError as error:
            raise DeliveryError(
                f"channel {channel!r} is no longer set; put it back in DIGEST_CHANNELS or pause sending", retryable=True
            ) from error
