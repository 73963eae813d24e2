"""llama.cpp in a process of its own, to be killed: prints its address and its key, then waits."""

import sys

from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, resolve

if __name__ == "__main__":
    engine = LlamaCpp(resolve(DEFAULT_BASE), context=2048, threads=1)
    print(engine.address, engine.key, flush=True)
    sys.stdin.read()
