"""`.env` as an operator wrote it: looked through before it counts, so that a slip in it is told with its line."""

from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from digest.errors import ConfigError


def names_in(path: Path) -> list[str]:
    """The names that the file sets, in order; none when there is no such file.

    Raises ConfigError when it can't be read, is not UTF-8, or has a line that says nothing.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.absolute()} line {line}: this is not UTF-8; save the file as UTF-8.") from error
    except OSError as error:
        raise ConfigError(_unreadable(path, error)) from error
    names, problems = [], []
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        if binding.error:
            problems.append(f"{path.absolute()} line {line}: write NAME=value, and close every quote.")
        elif binding.key is not None and binding.value is None:
            problems.append(f"{path.absolute()} line {line}: there is no =; write NAME=value.")
        elif binding.key is not None:
            names.append(binding.key)
    if problems:
        raise ConfigError(*problems)
    return names


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        try:
            owner = path.owner()
        except (OSError, KeyError):  # the folder is closed too, or the user is gone
            owner = "OWNER"
        return f"{path.absolute()} can't be read by this user; run it as its owner: `sudo -u {owner} digest …`."
    return f"{path.absolute()} can't be read ({error.strerror})."
