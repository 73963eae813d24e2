"""The connection to a Qdrant server: TLS and key, version, and whose the collection is.

A collection belongs to one home, whose manifests say what is active: it carries that home's id,
and another home is turned away instead of reading or removing passages that it knows nothing of.
Several hosts work on one collection by sharing the home, on a file system with working locks.

The collection is made on first write. One made beforehand and still empty is taken over, so that a
firm can set shards and replicas as it likes. (With replicas: a write consistency factor of their
number, so that what was acknowledged is on all of them. With several shards each counts the rarity
of words among its own passages.)
"""

import contextlib
import json
import re
import ssl
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)

from retrieval.embed import DIMENSIONS
from retrieval.errors import IndexUnavailable
from retrieval.store import DENSE, SPARSE, ServerAddress
from retrieval.store_transport import CONNECT_SECONDS, NoSignOfLife, WatchfulTransport

OLDEST = (1, 19)
"""The first Qdrant that counts a word's rarity within a matter."""

_OWNER = "casewright_home"


class Server:
    """A connection to a Qdrant server, shared by the stores of all matters and by threads.

    Nothing is asked of the server before the first use, which checks its version and whose the
    collection is. ``owner`` is the id of the home.
    """

    def __init__(self, client: QdrantClient, address: ServerAddress, owner: str) -> None:
        self._client = client
        self._address = address
        self._owner = owner
        self._lock = threading.Lock()
        self._known = self._there = self._whole = False

    @property
    def collection(self) -> str:
        """The name of the collection."""
        return self._address.collection

    def describe(self) -> str:
        """Gives the server's version and place and how many passages it holds.

        Raises:
            IndexUnavailable: as every use of the connection.
        """
        with self.reached() as client:
            version = client.info().version
            passages = client.count(self.collection).count if self.there() else 0
        return (
            f"Qdrant {version} at {self._address.url}, collection {self.collection}, "
            f"{passages:,} passages"
        )

    def close(self) -> None:
        """Ends the connection; it cannot be used again."""
        self._client.close()

    @contextmanager
    def reached(self) -> Iterator[QdrantClient]:
        """The client, for one operation. Raises IndexUnavailable with one line that says why."""
        try:
            self._know()
            yield self._client
        # The cause is left out of the error, since it may quote what was sent.
        except (ApiException, QdrantException, json.JSONDecodeError) as error:
            raise IndexUnavailable(_line(error, self._address)) from None

    def there(self) -> bool:
        """Whether the collection is there; once it is, it is not asked again."""
        with self._lock:
            if not self._there and self._client.collection_exists(self.collection):
                self._check_owner()
                self._there = True
            return self._there

    def expect(self) -> None:
        """Raises IndexUnavailable where the collection is not there."""
        if not self.there():
            raise IndexUnavailable(_lost(self._address))

    def make(self) -> None:
        """Makes the collection and its indexes where they are not there yet."""
        if self._whole:
            return
        if not self.there():
            try:
                self._create()
            except UnexpectedResponse as error:
                if error.status_code != httpx.codes.CONFLICT:  # made by another process meanwhile
                    raise
            self.there()
        self._claim_and_index()
        self._whole = True

    def _know(self) -> None:
        if self._known:
            return
        version = self._client.info().version
        numbers = re.match(r"(\d+)\.(\d+)", version)
        if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
            raise IndexUnavailable(
                f"{self._address.url}: Qdrant {version} counts how rare a word is over all "
                f"matters; update the server to {OLDEST[0]}.{OLDEST[1]} or newer"
            )
        self._known = True

    def _create(self) -> None:
        self._client.create_collection(
            self.collection,
            vectors_config={
                DENSE: models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
            },
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            # A graph for each matter and none over all of them: Qdrant's advice for many tenants.
            hnsw_config=models.HnswConfigDiff(m=0, payload_m=16),
            metadata={_OWNER: self._owner},
        )

    def _claim_and_index(self) -> None:
        """Claims a collection made beforehand, and indexes what is filtered by.

        Also where an earlier process was cut short between one and the other.
        """
        found = self._client.get_collection(self.collection)
        if not (found.config.metadata or {}).get(_OWNER):
            self._client.update_collection(self.collection, metadata={_OWNER: self._owner})
        wanted: dict[str, models.KeywordIndexParams | models.IntegerIndexParams] = {
            "matter_id": models.KeywordIndexParams(
                type=models.KeywordIndexType.KEYWORD, is_tenant=True
            ),
            "generation": models.IntegerIndexParams(
                type=models.IntegerIndexType.INTEGER, enable_hnsw=False
            ),
        }
        for name, schema in wanted.items():
            if name not in found.payload_schema:
                self._client.create_payload_index(self.collection, name, schema, wait=True)

    def _check_owner(self) -> None:
        found = self._client.get_collection(self.collection)
        vectors, words = found.config.params.vectors, found.config.params.sparse_vectors or {}
        dense = vectors.get(DENSE) if isinstance(vectors, dict) else None
        if (
            dense is None
            or (dense.size, dense.distance) != (DIMENSIONS, models.Distance.COSINE)
            or SPARSE not in words
            or words[SPARSE].modifier != models.Modifier.IDF
        ):
            raise IndexUnavailable(
                f"{self._address.url}: the collection {self.collection} was not made for "
                "Casewright; name another in QDRANT_COLLECTION"
            )
        owner = (found.config.metadata or {}).get(_OWNER)
        if owner is None and not self._client.count(self.collection).count:
            return  # claimed when it is written to
        if owner != self._owner:
            raise IndexUnavailable(
                f"{self._address.url}: the collection {self.collection} belongs to another "
                "CASEWRIGHT_HOME; use that home, or name another collection in QDRANT_COLLECTION"
            )


def home_id(home: Path) -> str:
    """Gives the id of a home, a random one that is made on first use.

    Raises:
        IndexUnavailable: the home cannot be written to.
    """
    file = home / "library-id"
    staging = home / f".library-id-{uuid.uuid4().hex}"
    try:
        if not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            staging.write_text(uuid.uuid4().hex + "\n", encoding="ascii")
            with contextlib.suppress(FileExistsError):  # another process was first
                file.hardlink_to(staging)
            staging.unlink()
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise IndexUnavailable(
            f"{file}: cannot be made ({error.strerror}); check CASEWRIGHT_HOME"
        ) from None


def connect(address: ServerAddress, owner: str) -> Server:
    """Gives a connection to the server at an address, for the home with the id ``owner``.

    Raises:
        IndexUnavailable: the file of CA certificates cannot be used.
    """
    try:
        certificates = ssl.create_default_context(
            cafile=None if address.ca_file is None else str(address.ca_file)
        )
    except OSError as error:
        raise IndexUnavailable(
            f"{address.ca_file}: cannot be read as certificates ({error}); "
            "name a PEM file in QDRANT_CA_FILE"
        ) from None
    client = QdrantClient(
        url=address.url,
        timeout=address.timeout,
        # As a header, where qdrant-client does not warn of plain http: the settings decide that.
        headers={} if address.api_key is None else {"api-key": address.api_key},
        check_compatibility=False,
        transport=WatchfulTransport(address.url, certificates),
        # No proxy from the environment: nothing goes anywhere but to the server.
        trust_env=False,
    )
    return Server(client, address, owner)


def _line(error: Exception, address: ServerAddress) -> str:
    """What went wrong and what to do. Nothing that was sent is quoted."""
    if isinstance(error, UnexpectedResponse):
        return _refused(error, address)
    if isinstance(error, ResourceExhaustedResponse):
        return f"{address.url}: the Qdrant server has too much to do; try again in a while"
    source = error.source if isinstance(error, ResponseHandlingException) else error
    if isinstance(source, httpx.TimeoutException):
        return _timed_out(source, address)
    if fault := _tls_fault(source):
        return (
            f"{address.url}: no secure connection to the Qdrant server ({fault}); check the "
            "address, and name its authority's certificate in QDRANT_CA_FILE"
        )
    if isinstance(source, httpx.TransportError):
        return (
            f"{address.url}: the Qdrant server cannot be reached ({source}); start it, or correct "
            "QDRANT_URL"
        )
    return f"{address.url}: the answer is not a Qdrant server's; correct QDRANT_URL"


def _timed_out(error: httpx.TimeoutException, address: ServerAddress) -> str:
    if isinstance(error, NoSignOfLife):
        return (
            f"{address.url}: the Qdrant server does not answer any more; look after it, and try "
            "again"
        )
    if isinstance(error, httpx.ConnectTimeout):
        return (
            f"{address.url}: the Qdrant server cannot be reached (no connection within "
            f"{min(address.timeout, CONNECT_SECONDS):.0f} seconds); start it, or correct QDRANT_URL"
        )
    return (
        f"{address.url}: the Qdrant server gave no answer within {address.timeout} seconds; "
        "try again, or raise QDRANT_TIMEOUT"
    )


def _refused(error: UnexpectedResponse, address: ServerAddress) -> str:
    code = error.status_code or 0
    if code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return f"{address.url}: the Qdrant server refuses the API key; correct QDRANT_API_KEY"
    if code == httpx.codes.NOT_FOUND:
        return _lost(address)
    # Only a fault of the server's own is quoted: a 4xx may hold a part of what was sent.
    told = ""
    if code >= httpx.codes.INTERNAL_SERVER_ERROR:
        told = " ".join(error.content[:200].decode("utf-8", errors="replace").split())
    return (
        f"{address.url}: the Qdrant server answered {code} {error.reason_phrase}"
        f"{': ' + told if told else ''}; look into its log"
    )


def _lost(address: ServerAddress) -> str:
    return (
        f"{address.url}: has no collection {address.collection}; correct QDRANT_URL or "
        "QDRANT_COLLECTION, or restore the collection from a snapshot"
    )


def _tls_fault(error: BaseException | None) -> str:
    """What is wrong with the secure connection; empty where nothing is."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        if isinstance(error, ssl.SSLError):
            return error.reason or "TLS"
        error = error.__cause__ or error.__context__
    return ""
