"""A program in the place of vLLM: notes how it was started, has a child, and answers /health.

It runs as a process of its own: ``python vllm_program.py NOTES HOW ...``, what follows is vLLM's.
"""

import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def main(notes: Path, how: str, arguments: list[str]) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    keys = ("VLLM_API_KEY", "VLLM_ALLOW_RUNTIME_LORA_UPDATING")
    seen = {"pids": [os.getpid(), child.pid], "environment": {k: os.environ.get(k) for k in keys}}
    print("INFO 11-27 12:00:00 [loader.py:1] Loading weights", flush=True)
    if how == "dies":
        print("\x1b[31mERROR\x1b[0m torch.OutOfMemoryError: no memory left", flush=True)
        child.kill()
        sys.exit(3)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if how == "dies later":
                child.kill()
                os._exit(4)

    time.sleep(0.5)
    port = int(arguments[arguments.index("--port") + 1])
    server = HTTPServer(("127.0.0.1", port), Handler)
    notes.write_text(json.dumps({**seen, "arguments": arguments}), encoding="utf-8")
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
