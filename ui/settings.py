"""The settings of this run, read at the edge for both faces."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from retrieval.errors import CasewrightError
from retrieval.settings import LibrarySettings, ServerSettings
from retrieval.store import ServerAddress
from serving.house import house
from serving.settings import HouseSettings, ModelSettings, VllmSettings
from serving.vllm_address import VllmAddress

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from retrieval.library import Library
    from serving.vllm_settings import ServeSettings


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
        raise _bad_server("QDRANT_", error) from None
    except OSError as error:  # a name that the system does not take
        raise BadSetting(f"QDRANT_CA_FILE: {error.strerror}; correct the variable") from None


def vllm_server() -> VllmAddress | None:
    """Gives where a vLLM server is; None for llama.cpp in this process. Raises BadSetting."""
    try:
        return VllmSettings().server()
    except ValidationError as error:
        raise _bad_server("VLLM_", error) from None
    except OSError as error:
        raise BadSetting(f"VLLM_CA_FILE: {error.strerror}; correct the variable") from None


def serve_settings() -> "ServeSettings":
    """Gives how ``casewright serve`` runs vLLM. Raises BadSetting."""
    from serving.vllm_settings import ServeSettings

    try:
        return ServeSettings()
    except ValidationError as error:
        raise _bad_server("VLLM_", error) from None


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


def _bad_server(prefix: str, error: ValidationError) -> BadSetting:
    """Without what was put in: it may be a key."""
    fault = error.errors(include_input=False)[0]
    return BadSetting(f"{_name(prefix, fault)}: {fault['msg']}; correct the variable")


def _bad(error: ValidationError) -> BadSetting:
    fault = error.errors()[0]
    return BadSetting(
        f"{_name('CASEWRIGHT_', fault)}: {fault['msg']} (it is {fault['input']!r}); "
        "correct the variable"
    )


def _name(prefix: str, fault: "ErrorDetails") -> str:
    return prefix + "_".join(str(part) for part in fault["loc"]).upper()
