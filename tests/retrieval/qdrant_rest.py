"""A stand-in for a Qdrant server: its REST interface over qdrant-client's in-memory mode.

No Qdrant server comes in a package, so that tests of what crosses the network (several processes,
keys, TLS, time-outs, what every request holds) run against this. Requests are read with the models
that are generated from Qdrant's own interface description, which refuse what they do not know. It
shows that requests are well formed and what they ask; not how fast or how durable a server is.
"""

import json
import re
import ssl
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models

from retrieval.embed import DIMENSIONS

Answer = tuple[int, Any]


class _Http(ThreadingHTTPServer):
    """Says nothing of clients that hang up, as one that is killed does."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class QdrantRest:
    """Serves on a loopback port from ``with`` on; ``requests`` keeps what was asked."""

    def __init__(
        self, *, api_key: str = "", tls: ssl.SSLContext | None = None, version: str = "1.20.0"
    ) -> None:
        self.api_key = api_key
        self.version = version
        self.delay = 0.0
        self.slow = 0.0
        """As ``delay``, but not for a sign of life."""
        self.failing: Answer | None = None
        self.deaf_to_filters = False
        self.requests: list[tuple[str, str, dict[str, list[str]], Any]] = []
        self._qdrant = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self.indexes: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._tls = tls
        self._listen(0)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "QdrantRest":
        self._serve()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self.stop()
        self._qdrant.close()

    def stop(self) -> None:
        """Stops serving: connections are refused from here on."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def again(self) -> None:
        """Serves again at the same place, with all that there was."""
        self._listen(self._http.server_port)
        self._serve()

    def _listen(self, port: int) -> None:
        self._http = _Http(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        if self._tls is not None:
            self._http.socket = self._tls.wrap_socket(self._http.socket, server_side=True)

    def _serve(self) -> None:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def points(self, collection: str = "casewright") -> list[models.Record]:
        """Gives all points there are, whatever their matter, by id."""
        if not self._qdrant.collection_exists(collection):
            return []
        found = self._qdrant.scroll(collection, limit=100_000, with_vectors=True)[0]
        return sorted(found, key=lambda point: str(point.id))

    def make(self, *, owner: str | None = None, size: int = DIMENSIONS) -> None:
        """Makes the collection as someone else would."""
        self._qdrant.create_collection(
            "casewright",
            vectors_config={
                "dense": models.VectorParams(size=size, distance=models.Distance.COSINE)
            },
            sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
            metadata=None if owner is None else {"casewright_home": owner},
        )
        self.indexes["casewright"] = {}

    def lose(self) -> None:
        """Removes the collection behind the clients' backs."""
        self._qdrant.delete_collection("casewright")

    def answer(self, method: str, target: str, key: str, body: bytes) -> Answer:
        """Gives the status and the body for one request."""
        parts = urlsplit(target)
        if self._over.wait(self.delay if parts.path == "/" else self.delay + self.slow):
            return 503, b""
        if parts.path == "/":
            return 200, {"title": "qdrant - vector search engine", "version": self.version}
        if key != self.api_key:
            return 401, {"status": {"error": "Must provide an API key"}}
        if self.failing is not None:
            return self.failing
        self.requests.append(
            (method, parts.path, parse_qs(parts.query), json.loads(body) if body else None)
        )
        for pattern, action in _ROUTES.items():
            verb, path = pattern.split(" ")
            if verb == method and (match := re.fullmatch(path, parts.path)):
                with self._lock:
                    return action(self, match[1], body)
        return 404, {"status": {"error": "Not found"}}

    def _exists(self, name: str, body: bytes) -> Answer:
        return _ok({"exists": self._qdrant.collection_exists(name)})

    def _info(self, name: str, body: bytes) -> Answer:
        if not self._qdrant.collection_exists(name):
            return 404, {"status": {"error": f"Collection `{name}` doesn't exist!"}}
        info = self._qdrant.get_collection(name).model_dump(mode="json")
        return _ok({**info, "payload_schema": self.indexes[name]})

    def _create(self, name: str, body: bytes) -> Answer:
        asked = models.CreateCollection.model_validate_json(body)
        if self._qdrant.collection_exists(name):
            return 409, {"status": {"error": "already exists"}}
        self._qdrant.create_collection(
            name,
            vectors_config=asked.vectors,
            sparse_vectors_config=asked.sparse_vectors,
            metadata=asked.metadata,
        )
        self.indexes[name] = {}
        return _ok(True)

    def _update(self, name: str, body: bytes) -> Answer:
        asked = models.UpdateCollection.model_validate_json(body)
        return _ok(self._qdrant.update_collection(name, metadata=asked.metadata))

    def _index(self, name: str, body: bytes) -> Answer:
        asked = models.CreateFieldIndex.model_validate_json(body)
        params = asked.field_schema
        assert isinstance(params, BaseModel)
        kind = params.model_dump(mode="json")["type"]
        self.indexes[name][asked.field_name] = {"data_type": kind, "points": 0}
        return _done()

    def _upsert(self, name: str, body: bytes) -> Answer:
        asked = models.PointsList.model_validate_json(body)
        self._qdrant.upsert(name, asked.points)
        return _done()

    def _delete(self, name: str, body: bytes) -> Answer:
        selector: models.PointsSelector = _SELECTOR.validate_json(body)
        self._qdrant.delete(name, selector)
        return _done()

    def _count(self, name: str, body: bytes) -> Answer:
        asked = models.CountRequest.model_validate_json(body)
        return _ok({"count": self._qdrant.count(name, asked.filter).count})

    def _scroll(self, name: str, body: bytes) -> Answer:
        asked = models.ScrollRequest.model_validate_json(body)
        points, following = self._qdrant.scroll(
            name,
            None if self.deaf_to_filters else asked.filter,
            limit=asked.limit or 10,
            offset=asked.offset,
            with_vectors=asked.with_vector or False,
        )
        found = [point.model_dump(mode="json") for point in points]
        return _ok({"points": found, "next_page_offset": following})

    def _facet(self, name: str, body: bytes) -> Answer:
        asked = models.FacetRequest.model_validate_json(body)
        assert asked.key in self.indexes[name], "Qdrant counts only by an indexed field"
        found = self._qdrant.facet(name, asked.key, asked.filter, asked.limit or 10)
        return _ok(found.model_dump(mode="json"))

    def _query(self, name: str, body: bytes) -> Answer:
        if not self._qdrant.collection_exists(name):
            return 404, {"status": {"error": f"Collection `{name}` doesn't exist!"}}
        asked = models.QueryRequestBatch.model_validate_json(body)
        if self.deaf_to_filters:
            for one in asked.searches:
                one.filter = None
        found = self._qdrant.query_batch_points(name, asked.searches)
        return _ok([one.model_dump(mode="json") for one in found])


_SELECTOR: TypeAdapter[models.PointsSelector] = TypeAdapter(models.PointsSelector)

_ROUTES: dict[str, Callable[[QdrantRest, str, bytes], Answer]] = {
    "GET /collections/([^/]+)/exists": QdrantRest._exists,
    "GET /collections/([^/]+)": QdrantRest._info,
    "PUT /collections/([^/]+)": QdrantRest._create,
    "PATCH /collections/([^/]+)": QdrantRest._update,
    "PUT /collections/([^/]+)/index": QdrantRest._index,
    "PUT /collections/([^/]+)/points": QdrantRest._upsert,
    "POST /collections/([^/]+)/points/delete": QdrantRest._delete,
    "POST /collections/([^/]+)/points/scroll": QdrantRest._scroll,
    "POST /collections/([^/]+)/points/count": QdrantRest._count,
    "POST /collections/([^/]+)/facet": QdrantRest._facet,
    "POST /collections/([^/]+)/points/query/batch": QdrantRest._query,
}


def _ok(result: Any) -> Answer:
    return 200, {"result": result, "status": "ok", "time": 0.0}


def _done() -> Answer:
    return _ok({"operation_id": 0, "status": "completed"})


def _handler(server: QdrantRest) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = self.headers.get("api-key") or ""
            status, answer = server.answer(self.command, self.path, key, body)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_PATCH = _serve  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
