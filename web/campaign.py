"""sources.yaml as the web workers know it: read again when the file has changed."""

from pathlib import Path

from digest.errors import ConfigError
from digest.model.source import Campaign
from digest.sources import read_campaign


class CampaignFile:
    """One sources.yaml; parsed only when its time of change or its size is another than before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int] | None, Campaign | ConfigError] | None = None

    def read(self) -> Campaign:
        """What the file says now. Raises ConfigError while it is missing or not in order."""
        stamp = self._stamp()
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, self._parsed()
        found = self._read[1]
        if isinstance(found, ConfigError):
            raise ConfigError(*found.problems)
        return found

    def _parsed(self) -> Campaign | ConfigError:
        try:
            return read_campaign(self._path)
        except ConfigError as error:
            return error

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
