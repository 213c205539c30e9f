"""An edition document as the JSON text that storage keeps and an approval binds."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from digest.errors import UnreadableError
from digest.model.edition import EditionDocument

_ADAPTER = TypeAdapter(EditionDocument)
_NOT_SAID = {"revision", "covers_from", "cut_off_at"}
"""What changes from one composition to the next though a reader reads the same."""
_NEWEST_SCHEMA = 2
"""What `EditionDocument.schema` is by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document as it is stored."""

    json: str
    """Canonical: keys sorted, no spaces, times in UTC with Z. The same document is always the same text."""
    sha256: str
    """Of `json`: what an approval binds."""
    content_sha256: str
    """The same without the revision number and the window: two drafts that say the same have the same one."""


def write_document(document: EditionDocument) -> Written:
    """The document as canonical JSON, with its hashes."""
    fields = _ADAPTER.dump_python(document, mode="json")
    content = {name: value for name, value in fields.items() if name not in _NOT_SAID}
    text = _canonical(fields)
    return Written(json=text, sha256=_sha256(text), content_sha256=_sha256(_canonical(content)))


def listed_as(document: EditionDocument) -> dict[str, object]:
    """What the archive lists of a document, by the columns that keep it."""
    return {
        "title_line": document.cards[0].name if document.cards else "",
        "answered": document.answered,
        "cards": len(document.cards),
    }


def read_document(text: str) -> EditionDocument:
    """The document of `write_document`. Raises UnreadableError when it is damaged, or of a newer version."""
    try:
        document = _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise UnreadableError(
            "A stored edition can't be read: it is damaged, or a newer version made it. Install the newest version, or "
            "bring the last backup back with `digest restore FILE`."
        ) from error
    if document.schema > _NEWEST_SCHEMA:
        raise UnreadableError("A stored edition was made by a newer version; install the newest version of Rejoinder.")
    return document


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
