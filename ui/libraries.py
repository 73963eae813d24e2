"""The libraries of training: loaded where needed, quiet, and named where missing."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ui.options import Refused

INSTALLED_WITH = "pip install 'casewright[train]'"


@contextmanager
def training_libraries() -> Iterator[None]:
    """Lets the block import torch and its libraries; their own bars and notes are silenced.

    Raises:
        Refused: one of them is not installed.
    """
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImportError as error:
        raise Refused(
            f"{error.name}: not installed, training needs it; run `{INSTALLED_WITH}`"
        ) from None
    finally:
        logging.disable(logging.NOTSET)
