"""An image of a page -> its text, with how sure the reading is.

PP-OCR's small models by way of RapidOCR (https://github.com/RapidAI/RapidOCR), on onnxruntime.
The models come inside the package and are used only with the hashes that they had when they were
tried here; nothing is fetched.
"""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrieval.packaged import PackagedFile, packaged_file
from retrieval.reading_order import Line, in_reading_order, is_standing

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 200
"""Dots an inch at which a page is drawn for OCR."""
LONGEST_SIDE = 2200
"""Pixels: a letter page at ``DPI``. Larger images are made smaller."""
DETECTION_SIDES = (1280, 960)
"""Pixels: the longer side of the copy in which lines are looked for, and if there are none again.

At full size that took 4.6 s a page instead of 0.7 and read no page of four better by more than
0.004 of word F1; 960 loses print of 6 points, but finds a word that stands alone.
"""
UNSURE = 0.7
"""Confidence below which a page is tried upside down too."""
LEGIBLE = 0.5
"""Confidence below which a line is a seal, a signature or a stain, and is left out."""

_INSTALL = "python -m pip install --no-deps rapidocr==3.10.0"
DETECTION = PackagedFile(
    "rapidocr",
    "models/PP-OCRv6_det_small.onnx",
    "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    _INSTALL,
)
RECOGNITION = PackagedFile(
    "rapidocr",
    "models/PP-OCRv6_rec_small.onnx",
    "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    _INSTALL,
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What OCR reads on one page."""

    text: str
    """A line of the page a line, in reading order; empty for a blank page."""
    confidence: float | None
    """Mean over the characters, in [0, 1]; None for a blank page."""


Scan = Callable[["Image"], Scanned]
"""What reads an image of a page: ``scanned``, or a stand-in that sets it limits."""


def scanned(image: "Image", threads: int = 1) -> Scanned:
    """Gives the text of an image of a page, turned upright if it lies on its side or its head.

    ``threads`` is how many cores it may use.

    Raises:
        ModelUnavailable: the models are missing or altered.
    """
    image = image.convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    lines = _lines(image, threads)
    if sum(is_standing(line) for line in lines) * 2 > len(lines):
        image = image.transpose(_turn(90))
        lines = _lines(image, threads)
    if lines and _confidence(lines) < UNSURE:
        turned = _lines(image.transpose(_turn(180)), threads)
        lines = max(lines, turned, key=lambda found: _confidence(found) if found else 0.0)
    legible = [line for line in lines if line.score >= LEGIBLE]
    return Scanned(in_reading_order(legible), _confidence(legible) if legible else None)


def _lines(image: "Image", threads: int) -> list[Line]:
    import numpy as np

    lines: list[Line] = []
    for side in DETECTION_SIDES:
        # OpenCV, and so RapidOCR, wants blue first.
        found = _engine(threads, side)(np.asarray(image)[:, :, ::-1])
        if found.txts is not None and found.boxes is not None:
            break
    else:
        return lines
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        left, top = map(float, box.min(axis=0))
        right, bottom = map(float, box.max(axis=0))
        lines.append(Line(left, top, right, bottom, text, float(score)))
    return lines


def _confidence(lines: list[Line]) -> float:
    characters = sum(len(line.text) for line in lines)
    return sum(line.score * len(line.text) for line in lines) / characters


def _turn(degrees: int) -> Any:
    from PIL.Image import Transpose

    return {90: Transpose.ROTATE_90, 180: Transpose.ROTATE_180}[degrees]


@functools.cache
def _engine(threads: int, side: int) -> Any:
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(threads)
    logging.getLogger("RapidOCR").propagate = False
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            # What is legible is decided above, when the page stands upright.
            "Global.text_score": 0.0,
            "Global.max_side_len": LONGEST_SIDE,
            # Lines upside down on an upright page are not worth a third model.
            "Global.use_cls": False,
            "Det.model_path": str(packaged_file(DETECTION)),
            "Det.limit_type": "max",
            "Det.limit_side_len": side,
            # Measured: a batch of one is a third faster than of six, which are padded.
            "Rec.rec_batch_num": 1,
            "Rec.model_path": str(packaged_file(RECOGNITION)),
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
