"""The store's contract, on every store there is.

A store joins by a line in ``STORES``: a function (folder, matter id) -> Store, where two stores
made with the same folder and matter see the same passages.
"""

import contextlib
import dataclasses
import math
import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from retrieval.settings import ServerSettings
from retrieval.store import READ_BATCH, Hits, ServerAddress, Store
from retrieval.store_bm25 import AVERAGE_LENGTH, stored
from retrieval.store_connection import Server, connect
from retrieval.store_edge import EdgeStore
from retrieval.store_server import ServerStore
from tests.retrieval.conftest import MakeEntry, axis, found
from tests.retrieval.qdrant_rest import QdrantRest

MakeStore = Callable[[str], Store]

# In-memory mode says that it has no indexes and needs none.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")

REAL = ServerSettings().address()
"""The Qdrant server of this test run, from QDRANT_URL and its like; None where none is named."""


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[MakeStore]:
    yield lambda matter_id: EdgeStore(folder / matter_id / "shard", matter_id)


@contextlib.contextmanager
def in_memory(folder: Path) -> Iterator[MakeStore]:
    address = ServerAddress(url=":memory:", collection="casewright", timeout=30)
    server = Server(QdrantClient(":memory:"), address, "home")
    yield lambda matter_id: ServerStore(server, matter_id)
    server.close()


@contextlib.contextmanager
def over_http(folder: Path) -> Iterator[MakeStore]:
    with QdrantRest() as rest:
        server = connect(ServerAddress(rest.url, "casewright", 30), "home")
        yield lambda matter_id: ServerStore(server, matter_id)
        server.close()


@contextlib.contextmanager
def real_server(folder: Path) -> Iterator[MakeStore]:
    if REAL is None:
        pytest.skip("QDRANT_URL names no server")
    address = dataclasses.replace(REAL, collection=f"casewright-test-{uuid.uuid4().hex[:8]}")
    server = connect(address, "home")
    yield lambda matter_id: ServerStore(server, matter_id)
    with server.reached() as client:
        client.delete_collection(address.collection)
    server.close()


STORES = {"edge": embedded, "memory": in_memory, "http": over_http, "server": real_server}


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    with STORES[request.param](tmp_path) as make:
        yield make


@pytest.fixture
def store(stores: MakeStore) -> Store:
    return stores("oven")


def test_new_store_is_empty(store: Store) -> None:
    assert store.count(1) == 0
    assert store.generations() == set()
    assert store.search(axis(0), "rent", active=[], limit=5) == Hits([], [])
    store.delete([1])


def test_search_gives_the_passage_as_it_was_written(store: Store, entry: MakeEntry) -> None:
    written = entry("Rent is due “monthly”.\r\n", 1, 1)
    store.add([written, entry("The roof leaked.", 2, 1)])
    hits = store.search(axis(1), "rent", active=[1], limit=5)
    assert hits.dense[0].passage == written.passage
    assert hits.dense[0].score == pytest.approx(1.0, abs=1e-5)
    assert [hit.passage for hit in hits.sparse] == [written.passage]
    assert hits.sparse[0].score > 0


def test_best_first_and_no_more_than_the_limit(store: Store, entry: MakeEntry) -> None:
    store.add([entry(f"Passage {number} on rent.", number, 1) for number in range(1, 8)])
    question = [sum(values) for values in zip(axis(3), [v / 2 for v in axis(5)], strict=True)]
    hits = store.search(question, "rent", active=[1], limit=3)
    assert len(hits.dense) == len(hits.sparse) == 3
    assert found(hits)[0][:2] == ["Passage 3 on rent.", "Passage 5 on rent."]
    for side in (hits.dense, hits.sparse):
        scores = [hit.score for hit in side]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("active", "texts"),
    [([1], {"old"}), ([2], {"new"}), ([1, 2], {"old", "new"}), ([3], set()), ([], set())],
)
def test_only_active_generations_are_seen(
    store: Store, entry: MakeEntry, active: list[int], texts: set[str]
) -> None:
    store.add([entry("old", 1, 1)])
    store.add([entry("new", 2, 2)])
    dense, sparse = found(store.search(axis(1), "old new", active=active, limit=5))
    assert set(dense) == set(sparse) == texts


def test_all_passages_of_a_generation(store: Store, entry: MakeEntry) -> None:
    written = [entry(f"Passage {number}.", number, 1) for number in range(1, 1_203)]
    placed = [
        dataclasses.replace(one, passage=dataclasses.replace(one.passage, start=-number))
        for number, one in enumerate(written)
    ]
    store.add([*placed, entry("Of another document.", 5_000, 2)])
    assert store.passages(1) == [one.passage for one in reversed(placed)]
    assert store.passages(3) == []


def test_as_many_again_from_a_generation_by_itself(store: Store, entry: MakeEntry) -> None:
    store.add([entry(f"Near rent {number}.", 10 + number, 1) for number in range(3)])
    store.add(
        [entry(f"Far {number}, on rent and on much else.", 20 + number, 2) for number in (1, 2)]
    )
    question = [a + b / 2 + c / 9 for a, b, c in zip(axis(10), axis(11), axis(21), strict=True)]
    alone = store.search(question, "rent", active=[1, 2], limit=2)
    hits = store.search(question, "rent", active=[1, 2], limit=2, also=[2])
    assert found(hits)[0] == ["Near rent 0.", "Near rent 1.", *found(hits)[0][2:]]
    assert set(found(hits)[0][2:]) == {
        "Far 1, on rent and on much else.",
        "Far 2, on rent and on much else.",
    }
    # What a word is worth is counted over all that is active, as before.
    scores = {hit.passage.text: hit.score for hit in hits.sparse}
    assert {hit.passage.text: hit.score for hit in alone.sparse}.items() <= scores.items()
    assert len(hits.sparse) == len(scores) == 4


def test_delete_removes_whole_generations(store: Store, entry: MakeEntry) -> None:
    for generation in (1, 2, 3):
        store.add([entry(f"text {generation}", generation * 10 + n, generation) for n in (1, 2)])
    store.delete([])
    assert store.generations() == {1, 2, 3}
    store.delete([1, 3, 99])
    assert store.generations() == {2}
    assert [store.count(generation) for generation in (1, 2, 3)] == [0, 2, 0]


def test_same_id_is_replaced(store: Store, entry: MakeEntry) -> None:
    store.add([entry("first", 1, 1)])
    store.add([entry("second", 1, 1)])
    assert store.count(1) == 1
    assert found(store.search(axis(1), "second", active=[1], limit=5)) == (["second"], ["second"])


def test_same_passage_in_two_generations_is_there_twice(store: Store, entry: MakeEntry) -> None:
    store.add([entry("Rent is due.", 1, 1)])
    store.add([entry("Rent is due.", 1, 2)])
    assert (store.count(1), store.count(2)) == (1, 1)
    store.delete([2])
    assert found(store.search(axis(1), "rent", active=[1], limit=5))[0] == ["Rent is due."]
    store.add([entry("Rent is due.", 1, 3)])
    store.delete([1])
    hits = store.search(axis(1), "rent", active=[3], limit=5)
    assert [hit.passage.id for hit in hits.dense] == [entry("Rent is due.", 1, 3).passage.id]


def test_matters_do_not_see_each_other(stores: MakeStore, entry: MakeEntry) -> None:
    ours, theirs = stores("oven"), stores("other")
    ours.add([entry("our secret", 1, 1)])
    theirs.add([entry("their secret", 2, 1, "other")])
    assert found(ours.search(axis(1), "secret", active=[1], limit=5))[0] == ["our secret"]
    assert found(theirs.search(axis(1), "secret", active=[1], limit=5))[1] == ["their secret"]
    theirs.delete([1])
    assert (ours.count(1), theirs.count(1)) == (1, 0)


def test_written_is_seen_by_another_store(stores: MakeStore, entry: MakeEntry) -> None:
    stores("oven").add([entry("durable", 1, 7)])
    assert stores("oven").generations() == {7}


def test_words_that_no_passage_holds(store: Store, entry: MakeEntry) -> None:
    store.add([entry("Rent is due.", 1, 1)])
    for words in ("zebra", "the of and"):
        assert found(store.search(axis(1), words, active=[1], limit=5)) == (["Rent is due."], [])


def test_delete_all_leaves_the_other_matters(stores: MakeStore, entry: MakeEntry) -> None:
    ours, theirs = stores("oven"), stores("other")
    ours.drop()
    ours.add([entry("one", 1, 1), entry("two", 2, 2)])
    theirs.add([entry("their secret", 3, 1, "other")])
    ours.drop()
    assert ours.generations() == set()
    assert ours.count(1) == ours.count(2) == 0
    assert theirs.generations() == {1}
    ours.add([entry("again", 1, 1)])
    assert ours.generations() == {1}


def test_scores_tell_nothing_of_other_matters_or_of_what_is_not_active(
    stores: MakeStore, entry: MakeEntry
) -> None:
    ours = stores("oven")
    ours.add([entry("rent and roof", 1, 1), entry("rent and door", 2, 1)])
    before = ours.search(axis(1), "rent roof", active=[1], limit=5)
    # a common word of theirs, and a rare one; then a replaced document with both
    stores("other").add([entry(f"roof {n}", n, 1, "other") for n in range(3, 40)])
    ours.add([entry(f"roof {n}", n, 2) for n in range(40, 50)])
    assert ours.search(axis(1), "rent roof", active=[1], limit=5) == before


def test_bm25_by_the_book(store: Store, entry: MakeEntry) -> None:
    """Robertson and Zaragoza (2009), eq. 3.15, with Lucene's idf, k1 = 1.2 and b = 0.75."""
    texts = ["rent rent roof", "roof door " + "wall " * 40, "door"]
    store.add([entry(text, number, 1) for number, text in enumerate(texts, start=1)])
    hits = store.search(axis(1), "rent roof", active=[1], limit=5)

    def score(words: dict[str, int], length: int) -> float:
        weights = {"rent": math.log(1 + 2.5 / 1.5), "roof": math.log(1 + 1.5 / 2.5)}
        spread = 1.2 * (0.25 + 0.75 * length / AVERAGE_LENGTH)
        return sum(weights[word] * n * 2.2 / (n + spread) for word, n in words.items())

    # a header word, "lease", counts for the length
    expected = {texts[0]: score({"rent": 2, "roof": 1}, 4), texts[1]: score({"roof": 1}, 43)}
    assert {hit.passage.text: hit.score for hit in hits.sparse} == pytest.approx(expected, rel=1e-3)


def test_many_generations(store: Store, entry: MakeEntry) -> None:
    store.add([entry(f"text {number}", number, number) for number in range(1, 41)])
    assert store.generations() == set(range(1, 41))
    odd = range(1, 41, 2)
    assert set(found(store.search(axis(1), "text", active=odd, limit=40))[1]) == {
        f"text {number}" for number in odd
    }


@pytest.mark.parametrize("others", STORES)
def test_what_is_read_from_one_store_goes_into_another(
    store: Store, others: str, entry: MakeEntry, tmp_path: Path
) -> None:
    draw = random.Random(4)
    written = []
    for number in range(1, READ_BATCH + 40):
        vector = [draw.gauss(0, 1) for _ in axis(0)]
        length = math.sqrt(sum(one * one for one in vector))
        made = entry(f"Rent number {number} for the roof.", number, number % 3)
        written.append(dataclasses.replace(made, dense=[one / length for one in vector]))
    store.add(written)
    with STORES[others](tmp_path / "others") as make:
        other = make("oven")
        other.put(there := list(store.read([1, 2])))
        assert {one.point_id: one.passage for one in there} == {
            one.point_id: one.passage for one in map(stored, written) if one.generation
        }
        assert (other.count(1), other.count(2)) == (store.count(1), store.count(2))
        back = {one.point_id: one for one in other.read([1, 2])}
        rounded = isinstance(other, EdgeStore) or isinstance(store, EdgeStore)
        for one in there:
            same = back[one.point_id]
            assert (same.payload, [*same.indices]) == (one.payload, [*one.indices])
            assert [*same.values] == [*one.values]
            assert [*same.dense] == pytest.approx([*one.dense], abs=1e-4 if rounded else 1e-6)
        question = written[4].dense
        hits = other.search(question, "number roof", active=[1, 2], limit=9)
        expected = store.search(question, "number roof", active=[1, 2], limit=9)
        for ours, theirs in ((hits.dense, expected.dense), (hits.sparse, expected.sparse)):
            assert [one.score for one in ours] == pytest.approx(
                [one.score for one in theirs], abs=1e-3
            )
        if isinstance(store, EdgeStore):  # sixteen bits are lost once, and not again
            store.drop()
            store.put(list(other.read([1, 2])))
            again = {one.point_id: [*one.dense] for one in store.read([1, 2])}
            assert again == {one.point_id: [*one.dense] for one in there}
    assert list(store.read([])) == list(store.read([77])) == []
