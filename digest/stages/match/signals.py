"""What speaks for a claim and an answer belonging together, as numbers for the score and as evidence for a person."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article
from digest.model.words import names_of, numbers_of, words_of

Vector = NDArray[np.float32]

LONGEST_RUN = 6
_QUOTED = re.compile(r"[“\"]([^”\"]{12,})[”\"]")
