"""The errors that a user sees.

    CasewrightError
    ├── UnreadableFile    a file that cannot be turned into text
    │   └── NeedsOcr      one that could, with OCR
    ├── UnknownMatter     a matter or document that is not in the library
    ├── IndexUnavailable  the index is busy, damaged or out of reach
    ├── BadBackup         a backup that cannot be written, read or trusted
    ├── DeletionIncomplete  something of what was deleted is still there
    └── ModelUnavailable  a model file, an adapter or the engine

Each message is one line that says what happened, to which file or matter, and what to do.
The faces (``ui``) catch the root, print that line and exit with status 1; nothing else does.
"""


class CasewrightError(Exception):
    """Something that the user can act on; its message is written for them."""


class UnreadableFile(CasewrightError):
    """A file that cannot be turned into text."""


class NeedsOcr(UnreadableFile):
    """A file whose pages are images, read with OCR switched off."""


class UnknownMatter(CasewrightError):
    """A matter or a document that is not in the library."""


class IndexUnavailable(CasewrightError):
    """The index of a matter is busy, damaged or out of reach."""


class BadBackup(CasewrightError):
    """A backup that cannot be written, read or trusted."""


class DeletionIncomplete(CasewrightError):
    """Something of a deleted document or matter was found afterwards."""


class ModelUnavailable(CasewrightError):
    """A model file, an adapter or the engine is missing, altered or does not answer."""
