"""Quotation marks and apostrophes as print has them. For display alone: proof stays on the stored text."""

import re

_OPENING = re.compile(r"(?:(?<=^)|(?<=[\s(\[{–—/“‘]))[\"'](?=\S)")
# Words that begin with an apostrophe, which is no opening quote: 'tis, '90s.
_ELIDED = re.compile(r"(?:(?<=^)|(?<=[\s(\[{–—/“]))'(?=\d0s\b|(?:tis|twas|em|til|cause|bout|round)\b)", re.IGNORECASE)


def typeset(text: str, *, language: str, is_quoted: bool = False) -> str:
    """The text with curly quotation marks; only English is known, any other language stays as it is.

    is_quoted: whether it will stand inside double marks, so that its own become single.
    """
    if language.partition("-")[0] != "en":
        return text
    text = _ELIDED.sub("’", text)
    text = _OPENING.sub(lambda found: "“" if found[0] == '"' else "‘", text)
    text = text.replace('"', "”").replace("'", "’")
    return text.replace("“", "‘").replace("”", "’") if is_quoted else text
