"""`python -m digest.stages.embed`: make the int8 model file at set-up, and compare what is in use with torch."""

import argparse
import json
import sys
from dataclasses import asdict

from digest.errors import ConfigError
from digest.stages.embed.quantise import make_int8_file, verify_backend


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m digest.stages.embed", description=__doc__)
    parser.add_argument("--make", action="store_true", help="make the int8 file unless a sound one is there")
    parser.add_argument("--verify", action="store_true", help="compare the backend in use with torch, as JSON")
    asked = parser.parse_args()
    if not (asked.make or asked.verify):
        parser.error("say --make or --verify")
    try:
        if asked.make:
            made = make_int8_file()
            print(made.words, file=sys.stderr)  # noqa: T201 - a command
        if asked.verify:
            print(json.dumps(asdict(verify_backend()), indent=1))  # noqa: T201 - a command
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
