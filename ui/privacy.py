"""What is privileged stays with whoever runs this: no habit of a library or of a system opens it.

What is written is for its owner alone, whatever the system's habit is. And LangChain sends every
prompt and answer to LangSmith where a variable of the environment asks for it, which a machine may
have set for other work.
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
    """Changes the environment and the file mask of this process and of those that it starts."""
    os.umask(0o077)
    if os.environ.get(ALLOW, "").lower() != "true":
        os.environ.update(dict.fromkeys(TRACING, "false"))
    os.environ.update(HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
