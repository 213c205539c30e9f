"""Changes sources.yaml as a careful person would: one thing, comments kept, whole or not at all.

Only the characters of the change are spliced into the text, at the places that the YAML composer gives; every other
byte stays as staff wrote it. (A round trip through ruamel's own dumper keeps comments, but sets the indentation and
the gaps before comments its own way.) It happens under a file lock and is compared with what the caller saw; the result
is read back and compared with what should come of it before it is written and renamed into place.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml.nodes import MappingNode, Node

from digest.errors import ConfigError, ConflictError, NotFoundError, StorageError
from digest.model.ids import SourceId
from digest.model.source import Campaign, ExcerptMode, Site, Source
from digest.sources.reading import parse_campaign, read_bytes
from digest.sources.rows import MAX_SOURCES
from digest.sources.splicing import Splice, YamlText, quoted, scalar

Edit: TypeAlias = Callable[[YamlText, Campaign], tuple[Splice | None, Campaign]]
"""Where to change the text (None: nowhere), and what campaign should come of it."""


def add_source(path: Path, source: Source, *, expected_sha256: str | None = None) -> Campaign:
    """The campaign with `source` at the end of the file's sources; everything else in the file stays as it is.

    expected_sha256: `fingerprint` of what the caller was looking at.
    Raises ConflictError when the file is another by now, ConfigError when the result would be wrong or the file was
    wrong already, StorageError when the folder can't be written. Nothing is written in any of these cases.
    """
    return add_sources(path, [source], expected_sha256=expected_sha256)


def add_sources(
    path: Path, sources: Sequence[Source], *, expected_sha256: str | None = None, is_trial: bool = False
) -> Campaign:
    """The same with several sources, in one change: all of them, or none. No source at all changes nothing.

    is_trial: raise what it would raise, and write nothing.
    """

    def edit(text: YamlText, campaign: Campaign) -> tuple[Splice | None, Campaign]:
        if len(campaign.sources) + len(sources) > MAX_SOURCES:
            raise ConfigError(
                f"{path.name} would have {len(campaign.sources) + len(sources):,} sources; {MAX_SOURCES:,} is the most "
                "we read. Add fewer."
            )
        if not sources:
            return None, campaign
        added = text.appended("sources", [source_lines(source, campaign.site) for source in sources])
        return added, replace(campaign, sources=(*campaign.sources, *sources))

    return _change(path, edit, expected_sha256, is_trial=is_trial)


def move_source(path: Path, source_id: SourceId, feed: str, *, expected_sha256: str | None = None) -> Campaign:
    """The campaign with another feed address for one source, whose id, and with it its history, stays.

    Raises NotFoundError when no source has this id, else like `add_source`.
    """

    def edit(text: YamlText, campaign: Campaign) -> tuple[Splice | None, Campaign]:
        row = _row_of(text, campaign, source_id, path)
        sources = tuple(replace(it, feed=feed) if it.id == source_id else it for it in campaign.sources)
        # Between { and } a comma ends a plain value.
        value = quoted(feed) if isinstance(row, MappingNode) and row.flow_style else scalar(feed)
        return text.with_key(row, "feed", value), replace(campaign, sources=sources)

    return _change(path, edit, expected_sha256)


def pause_source(
    path: Path, source_id: SourceId, *, paused: bool = True, expected_sha256: str | None = None
) -> Campaign:
    """The campaign with one source paused, or polled again.

    Raises NotFoundError when no source has this id, else like `add_source`.
    """

    def edit(text: YamlText, campaign: Campaign) -> tuple[Splice | None, Campaign]:
        row = _row_of(text, campaign, source_id, path)
        if campaign.source_by_id()[source_id].paused is paused:
            return None, campaign
        sources = tuple(replace(it, paused=paused) if it.id == source_id else it for it in campaign.sources)
        return text.with_key(row, "paused", "true" if paused else "false"), replace(campaign, sources=sources)

    return _change(path, edit, expected_sha256)


def _row_of(text: YamlText, campaign: Campaign, source_id: SourceId, path: Path) -> Node:
    ids = [source.id for source in campaign.sources]
    if source_id not in ids:
        raise NotFoundError(f"No source in {path.name} has the id {source_id}; `digest sources list` shows them.")
    return text.rows("sources")[ids.index(source_id)]


def _change(path: Path, edit: Edit, expected_sha256: str | None, *, is_trial: bool = False) -> Campaign:
    target = path.resolve()
    with nullcontext() if is_trial else _locked(target):
        before = read_bytes(target)
        if expected_sha256 not in {None, hashlib.sha256(before).hexdigest()}:
            raise ConflictError(f"{path.name} has been changed by somebody else since; look at it again and repeat.")
        campaign = parse_campaign(before, name=path.name)
        text = YamlText(before)
        splice, wanted = edit(text, campaign)
        if splice is None:
            return campaign
        after = text.spliced(splice)
        changed = parse_campaign(after, name=f"{path.name}, as it would become,")
        if changed != wanted:
            raise StorageError(f"{path.name} can't be changed without touching something else; edit it by hand.")
        if not is_trial:
            _replace(target, before, after)
    return changed


# --- the source as text --------------------------------------------------------------------------------------


def source_lines(source: Source, site: Site) -> list[str]:
    """One source as staff would write it: what has its usual value is left out."""
    lines = [
        f"id: {scalar(source.id)}",
        f"name: {scalar(source.name)}",
        f"kind: {source.kind}",
        f"feed: {scalar(source.feed)}",
        f"site: {scalar(source.site)}",
    ]
    if source.language != site.language:
        lines.append(f"language: {scalar(source.language)}")
    if source.owner:
        lines.append(f"owner: {scalar(source.owner)}")
    if source.weight != 1.0:
        lines.append(f"weight: {source.weight:g}")
    terms = []
    if source.terms.mode is not ExcerptMode.EXCERPT:
        terms.append(f"excerpt: {source.terms.mode}")
    elif source.terms.excerpt_characters != site.excerpt_characters:
        terms.append(f"excerpt: {source.terms.excerpt_characters}")
    if source.terms.images:
        terms.append("images: true")
    if terms:
        lines += ["terms:", *(f"  {line}" for line in terms)]
    if source.paused:
        lines.append("paused: true")
    return lines


# --- the file ------------------------------------------------------------------------------------------------


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One writer at a time, on this machine; the lock file stays, since removing it would let two in."""
    try:
        lock = os.open(target.with_name(f".{target.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(target: Path, before: bytes, body: bytes) -> None:
    """Put `body` in the place of the file, whole or not at all, with the file's own mode and owner.

    Raises ConflictError when the file is not `before` any more: a person's editor takes no lock.
    """
    temporary: Path | None = None
    try:
        own = target.stat()
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            os.fchmod(file.fileno(), own.st_mode & 0o7777)
            if os.geteuid() == 0:  # an operator's root shell must not take the file from the service's user
                os.fchown(file.fileno(), own.st_uid, own.st_gid)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        # Only now: what was written to disk may have taken a while.
        if read_bytes(target) != before:
            temporary.unlink()
            raise ConflictError(f"{target.name} was changed by somebody else just now; look at it again and repeat.")
        temporary.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{target} can't be changed ({error.strerror}); free space or make its folder writable for this user."
    )
