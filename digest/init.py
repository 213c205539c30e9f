"""What `digest init` writes: a commented sources.yaml, the secret .env, and examples for the server.

Decides texts; the one function that writes never overwrites anything.
"""

import os
import re
import secrets
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import SecretStr, ValidationError

from digest.errors import ConfigError, ConflictError, StorageError
from digest.net.guard import LOOPBACK_NAMES
from digest.settings import Settings, is_origin
from digest.sources import parse_campaign
from digest.sources.rows import SiteRow, in_words, mistakes_of
from digest.sources.splicing import quoted

SERVICE_USER = "rejoinder"
SERVICE_FOLDER = Path("/srv/rejoinder")
SERVICE_COMMAND = Path("/opt/rejoinder/.venv/bin/digest")
SERVICE_PYTHON = Path("/usr/bin/python3")
LOCAL_URL = "http://127.0.0.1:8000"
PUBLIC_MODE = 0o644
SECRET_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the operator said, as typed. The imprint may stay empty; nothing is published until it is written."""

    title: str
    campaign: str
    candidate: str
    promoter: str = ""
    address: str = ""
    on_behalf_of: str = ""
    base_url: str = LOCAL_URL
    time_zone: str = "Europe/London"
    edition_hour: str = "18:00"

    def tidied(self) -> "Answers":
        """Each on one line; the address whole, in its plain spelling; this machine's own where none was typed."""
        said = {key: " ".join(value.split()) for key, value in asdict(self).items()}
        url = said["base_url"].rstrip("/").lower() or LOCAL_URL
        said["base_url"] = url if "://" in url else f"https://{url}"
        return Answers(**said)


def problems_with(answers: Answers) -> dict[str, str]:
    """What is wrong, by the answer's name, each a clause that also says what would be right; empty when all is well."""
    said = answers.tidied()
    problems: dict[str, str] = {}
    try:
        SiteRow.model_validate(
            {
                "title": said.title,
                "campaign": said.campaign,
                "candidates": [{"name": said.candidate}],
                "imprint": {key: getattr(said, key) for key in ("promoter", "address", "on_behalf_of")},
                "time_zone": said.time_zone,
                "edition_hour": said.edition_hour,
            }
        )
    except ValidationError as error:
        for mistake in mistakes_of(error):
            loc = ("site", *mistake["loc"])
            problems["candidate" if "candidates" in loc else str(loc[-1])] = in_words(mistake, loc, is_written=True)
    if not is_origin(said.base_url):
        problems["base_url"] = (
            f"'{said.base_url[:60]}' is not a site's address; write it whole and without a path, "
            "such as https://news.example.org"
        )
    return problems


def init_files(
    answers: Answers,
    *,
    folder: Path = SERVICE_FOLDER,
    command: Path = SERVICE_COMMAND,
    python: Path = SERVICE_PYTHON,
    secret_key: str = "",
) -> dict[PurePosixPath, tuple[str, int]]:
    """Text and mode of every file to write, by its path inside `folder`. Touches nothing.

    folder: where they will stand; command: the `digest` program; python: the interpreter that it runs on, without
    symlinks. All absolute: the systemd units name them, and open a home where one of them lies in it.
    secret_key: signs links; a fresh random one when empty.
    Raises ConfigError, one sentence for each answer that will not do.
    """
    if problems := problems_with(answers):
        raise ConfigError(*(f"{name.replace('_', ' ')}: {problem}." for name, problem in problems.items()))
    said = answers.tidied()
    url = urlsplit(said.base_url)
    host = (url.hostname or "").encode("idna").decode()
    door = f"{host}:{url.port}" if url.port else host
    is_local = host in LOOPBACK_NAMES
    values = {
        **asdict(said),
        "folder": str(folder),
        "command": str(command),
        "user": SERVICE_USER,
        "is_in_home": any(
            path.is_relative_to(home) for path in (folder, command, python) for home in ("/home", "/root")
        ),
        "host": host,
        "is_local": is_local,
        "caddy_address": door if url.scheme == "https" else f"http://{door}",
        "secret_key": secret_key or secrets.token_urlsafe(48),
        "other_settings": _other_settings(),
    }
    names = {
        "sources.yaml": PUBLIC_MODE,
        ".env": SECRET_MODE,
        "deploy/README": PUBLIC_MODE,
        "deploy/rejoinder.service": PUBLIC_MODE,
        "deploy/rejoinder-backup.service": PUBLIC_MODE,
        "deploy/rejoinder-backup.timer": PUBLIC_MODE,
    }
    if not is_local:  # what stands before the server on its own machine and port would lead back to itself
        names |= {"deploy/Caddyfile": PUBLIC_MODE, "deploy/nginx.conf": PUBLIC_MODE}
    templates = _templates()
    files = {
        PurePosixPath(name): (templates.get_template(Path(name).name.lstrip(".")).render(values), mode)
        for name, mode in names.items()
    }
    parse_campaign(files[PurePosixPath("sources.yaml")][0].encode())
    return files


def write_init(folder: Path, files: Mapping[PurePosixPath, tuple[str, int]]) -> list[Path]:
    """The files just written into `folder`, which is made when missing.

    Raises ConflictError naming the files that are there already, StorageError when the disk refuses; then nothing
    of it is left behind.
    """
    there = [str(name) for name in files if os.path.lexists(folder / name)]
    if there:
        raise ConflictError(
            f"{folder} holds {', '.join(there)} already, and nothing was written; "
            "run `digest init` in an empty folder, or move them away first."
        )
    made: list[Path] = []
    written: list[Path] = []
    try:
        for name, (text, mode) in files.items():
            path = folder / name
            for parent in [it for it in reversed(path.parents) if not it.exists()]:
                parent.mkdir()
                made.append(parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            written.append(path)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, mode)  # whatever the umask is
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        for parent in reversed(made):
            with suppress(OSError):  # somebody else has put something there
                parent.rmdir()
        raise StorageError(f"{folder} can't be written ({error.strerror}); nothing was left behind.") from error
    return written


# --- writing each format ---------------------------------------------------------------------------------------


_NEVER_SET = frozenset({"now_since"})
"""`digest serve` sets it for its own processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _SettingLine:
    name: str
    default: str
    description: str


def _other_settings() -> list[_SettingLine]:
    """Every setting that .env leaves at its default, in the order of `Settings`."""
    return [
        _SettingLine(
            name=f"DIGEST_{name.upper()}",
            default=setting_default(name),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
        if name not in {"base_url", "secret_key", *_NEVER_SET}
    ]


def setting_default(name: str) -> str:
    """A setting's default as it would stand in .env; empty when it has none."""
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value in (None, (), {}) else str(value)


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("digest", "templates/init"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - none of these is HTML; each format has its filter
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(yaml=quoted, env=_env_value, unit_word=_unit_word, unit_path=_unit_path, shell=shlex.quote)
    return templates


def _env_value(value: str) -> str:
    """As python-dotenv reads it back: plain where nothing is special, else in single quotes."""
    if re.fullmatch(r"[\w:/.,@+=%-]*", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _unit_path(value: str) -> str:
    """A path that systemd takes to the end of the line, without quotes."""
    return value.replace("%", "%%")


def _unit_word(value: str) -> str:
    """One word of a systemd list or command line."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if re.fullmatch(r"[\w/.+@%-]+", escaped) else f'"{escaped}"'
