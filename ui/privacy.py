"""What libraries would send elsewhere by habits of their own is switched off.

LangChain sends every prompt and answer to LangSmith where a variable of the environment asks for
it, which a machine may have set for other work.
"""

import os

TRACING = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)
ALLOW = "CASEWRIGHT_LANGSMITH"
"""Set to ``true``, the variables above are left as they are: for a LangSmith of the firm's own."""


def keep_to_ourselves() -> None:
    """Changes the environment of this process and of those that it starts."""
    if os.environ.get(ALLOW, "").lower() != "true":
        os.environ.update(dict.fromkeys(TRACING, "false"))
    os.environ.update(HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
