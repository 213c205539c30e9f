"""The child's loop: one request in, one answer out, until the parent closes the pipe or dies."""

import logging
import os
import signal
import sys
import warnings
from typing import BinaryIO

from digest.stages.extract.child.cage import limit_processor, lock_in
from digest.stages.extract.child.requests import answer
from digest.stages.extract.wire import read_request, write_answer


def main() -> None:
    seconds, memory_mb = float(sys.argv[1]), int(sys.argv[2])
    requests, answers = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it closes our pipe
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    lock_in(memory_mb=memory_mb)
    while (request := read_request(requests)) is not None:
        limit_processor(seconds)
        write_answer(answers, answer(request, seconds=seconds))


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes under new numbers, with 0, 1 and 2 leading nowhere: a parser that prints cannot break an answer."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return requests, answers


if __name__ == "__main__":
    main()
