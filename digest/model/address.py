"""What addresses have in common when they lead to one article. Pure; shared by the stages and storage."""

import re

_ADDRESS = re.compile(
    r"(?:(https?):)?//(?:www\.(?=[^/?#]+\.))*([^/?#]+)([^?#]*)(?:\?([^#]*))?(.*)", re.DOTALL | re.IGNORECASE
)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def address_key(url: str) -> str:
    """What `url` shares with every other spelling of itself, and with no other article's address: "//host/path?query".

    url: as `canonical_url` gives it. Left out are the scheme, a leading "www." and a last slash; dot segments are
    resolved, and parameters stand in the order of their names (those of one name in the order given). It is nothing to
    link to: a host may answer only at one of these spellings. A key is its own key, and so is what is no http(s)
    address.
    """
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return url
    scheme, host, path, query, fragment = found.groups()
    if scheme is not None:
        host = host.removesuffix(_DEFAULT_PORTS[scheme.lower()])
    if "/." in path:
        path = _without_dots(path)
    if query:
        pairs = [pair for pair in query.split("&") if pair]
        query = "&".join(sorted(pairs, key=lambda pair: pair.partition("=")[0]))
    return f"//{host.lower()}{path.rstrip('/')}{'?' if query else ''}{query or ''}{fragment}"


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)
