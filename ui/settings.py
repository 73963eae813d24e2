"""The settings of this run, read at the edge for both faces."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from retrieval.errors import CasewrightError
from retrieval.settings import LibrarySettings, ServerSettings
from retrieval.store import ServerAddress
from serving.house import house
from serving.settings import HouseSettings, ModelSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from retrieval.library import Library


class BadSetting(CasewrightError):
    """An environment variable with a value that cannot be used."""


def library_settings() -> LibrarySettings:
    """Gives the settings of the library. Raises BadSetting."""
    try:
        return LibrarySettings()
    except ValidationError as error:
        raise _bad(error) from None


def server_address() -> ServerAddress | None:
    """Gives where a Qdrant server keeps the index; None for the embedded one. Raises BadSetting."""
    try:
        return ServerSettings().address()
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        # Without what was put in: it may be a key.
        raise BadSetting(
            f"{_name('QDRANT_', fault)}: {fault['msg']}; correct the variable"
        ) from None


def open_library() -> "Library":
    """Gives the library that the settings describe. Raises BadSetting."""
    from retrieval.library import Library

    return Library(library_settings().home, server=server_address())


def model_settings() -> ModelSettings:
    """Gives the settings of the model. Raises BadSetting."""
    try:
        return ModelSettings()
    except ValidationError as error:
        raise _bad(error) from None


def house_settings() -> HouseSettings:
    """Gives the settings of the house. Raises BadSetting, BadHouse for its form."""
    house()
    try:
        return HouseSettings()
    except ValidationError as error:
        raise _bad(error) from None


def _bad(error: ValidationError) -> BadSetting:
    fault = error.errors()[0]
    return BadSetting(
        f"{_name('CASEWRIGHT_', fault)}: {fault['msg']} (it is {fault['input']!r}); "
        "correct the variable"
    )


def _name(prefix: str, fault: "ErrorDetails") -> str:
    return prefix + "_".join(str(part) for part in fault["loc"]).upper()
