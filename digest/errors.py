"""What can go wrong, in one hierarchy. Errors carry ids, not objects; messages say what to do next.

DigestError
  ConfigError                      settings or sources.yaml: says file, line, key and what would be right
  SourceError(source)              one source; never stops a run
    FetchError                     its bytes could not be had
      BlockedAddressError          the address guard refused
      HeldBackError(headers)       not asked: its host has asked us to wait
    FeedError                      its bytes are no feed
    ExtractError                   its page gives no article
  StorageError
    NotFoundError
    ConflictError                  somebody else changed or holds it
    SchemaOutdatedError            run `digest upgrade`
    UnreadableError                what is stored is damaged, or newer than this version
  SubscriptionError
  EditorialError
    NotApprovedError
    AlreadyPublishedError
    HeldError(reasons)             something holds the edition
  DeliveryError(retryable)         one message did not leave
    RouteError                     nothing leaves this way now: the rest of its messages wait too
    UncertainDeliveryError         it may have left: never sent again by itself
"""

from collections.abc import Mapping


class DigestError(Exception):
    """Anything we foresaw. A bug is not one of these and ends the run loudly."""


class ConfigError(DigestError):
    """A setting or file is wrong. `problems` are whole sentences, one per mistake."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SourceError(DigestError):
    """One source failed. `source` is its id, or its address where no id is known."""

    def __init__(self, message: str, *, source: str = "") -> None:
        super().__init__(message)
        self.source = source


class FetchError(SourceError):
    """The bytes could not be had: refused, timed out, too large, an HTTP error (`status`)."""

    def __init__(self, message: str, *, source: str = "", status: int | None = None) -> None:
        super().__init__(message, source=source)
        self.status = status


class BlockedAddressError(FetchError):
    """The address guard refused: private, forbidden or malformed."""


class HeldBackError(FetchError):
    """Nothing was asked: the host has just asked us to come less often. `status` and `headers` are of that answer."""

    def __init__(self, message: str, *, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(message, status=status)
        self.headers = headers


class FeedError(SourceError):
    """The bytes are not a feed we can read."""


class ExtractError(SourceError):
    """The page gave no article."""


class StorageError(DigestError):
    """The database could not do it."""


class NotFoundError(StorageError):
    """There is no such row."""


class ConflictError(StorageError):
    """Somebody else holds or changed it."""


class SchemaOutdatedError(StorageError):
    """The database was made by another version."""


class UnreadableError(StorageError):
    """What is stored cannot be read: damaged, or made by a newer version."""


class SubscriptionError(DigestError):
    """A sign-up, preference or leaving link could not be honoured."""


class EditorialError(DigestError):
    """Staff asked for something the edition's state does not allow."""


class NotApprovedError(EditorialError):
    """Nobody has approved this revision."""


class AlreadyPublishedError(EditorialError):
    """This edition has gone out; corrections are new revisions."""


class HeldError(EditorialError):
    """Something holds the edition. `reasons` are whole sentences for staff."""

    def __init__(self, message: str, *, reasons: tuple[str, ...]) -> None:
        super().__init__(message)
        self.reasons = reasons


class DeliveryError(DigestError):
    """A message did not leave. `retryable`: whether trying again could help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class RouteError(DeliveryError):
    """The way itself is closed (relay away, sender refused, password wrong): no recipient's fault, so it never ends
    in a failure by itself, and the rest of what goes this way waits."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class UncertainDeliveryError(DeliveryError):
    """The message may have left, and nobody said so. A person settles it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)
