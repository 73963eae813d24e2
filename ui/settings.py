"""The settings of this run, read at the edge for both faces."""

from pydantic import ValidationError

from retrieval.errors import CasewrightError
from retrieval.settings import LibrarySettings
from serving.settings import ModelSettings


class BadSetting(CasewrightError):
    """An environment variable with a value that cannot be used."""


def library_settings() -> LibrarySettings:
    """Gives the settings of the library. Raises BadSetting."""
    try:
        return LibrarySettings()
    except ValidationError as error:
        raise _bad(error) from None


def model_settings() -> ModelSettings:
    """Gives the settings of the model. Raises BadSetting."""
    try:
        return ModelSettings()
    except ValidationError as error:
        raise _bad(error) from None


def _bad(error: ValidationError) -> BadSetting:
    fault = error.errors()[0]
    name = "CASEWRIGHT_" + "_".join(str(part) for part in fault["loc"]).upper()
    return BadSetting(f"{name}: {fault['msg']} (it is {fault['input']!r}); correct the variable")
