"""Walls: whatever users do in whatever order, nothing of one matter reaches another.

Two matters and a third that comes and goes, on one Qdrant collection, in one library as the app
holds it: what keeps them apart is the filter of every request, the check behind it, membership and
whose history is read. Every text of a matter holds a canary that is its own, beside words that all
share, so that every question would find every matter. The model is the worst there could be: it
writes its prompt out.

Each wall is then taken down in turn, and the same machine has to see it. `make test-faults` tries
3,000 sequences.
"""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from retrieval.embed import Embedder
from retrieval.errors import IndexUnavailable, UnknownMatter
from retrieval.library import Library
from retrieval.scope import EVERYWHERE
from retrieval.search import search
from retrieval.store import ServerAddress
from retrieval.store_server import ServerStore
from serving.adapters import Adapter
from serving.answer import ask_matter
from serving.answer_file import as_json
from serving.how import How
from serving.memo_docx import as_docx
from serving.memo_markdown import as_markdown
from serving.models import NamedBase
from tests.faults.extent import EXTENT, SEED
from tests.retrieval.qdrant_rest import QdrantRest
from ui import history, members
from ui.members import Person
from ui.recording import recorded_ask

SEQUENCES = {"few": 3, "sample": 60, "full": 3_000}[EXTENT]
MUTANT_SEQUENCES = 40
CANARIES = {"alder": "Zanzibar-Quillon", "birch": "Wolverton-Peake", "cedar": "Ostrava-Lindqvist"}
MATTERS, USERS = tuple(CANARIES), ("ada@firm.example", "ben@firm.example", "cyd@firm.example")
SHARED = "The tenant pays the rent of the lease on the first day of each month."
QUESTION = "When is the rent of the lease paid?"
matters, users = st.sampled_from(MATTERS), st.sampled_from(USERS)


class Copying(BaseChatModel):
    """Writes out all that it was given."""

    @property
    def _llm_type(self) -> str:
        return "copying"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "\n".join(message.text for message in messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class CopyingEngine:
    """An engine of that model."""

    base = NamedBase("copying", "0" * 64)
    adapters: tuple[Adapter, ...] = ()

    def chat_model(self, adapter: Adapter | None, **options: Any) -> BaseChatModel:
        return Copying()

    def close(self) -> None:
        """Nothing is held."""


class Walls(RuleBasedStateMachine):
    """Users, matters, and what any of them may come to see."""

    rest: QdrantRest
    embedder: Embedder
    count = 0

    def __init__(self) -> None:
        super().__init__()
        Walls.count += 1
        self.folder = Path(tempfile.mkdtemp(prefix="walls-"))
        self.home = self.folder / "home"
        address = ServerAddress(self.rest.url, f"walls-{Walls.count}", timeout=10)
        self.library = Library(self.home, server=address)
        self.library.embedder = self.embedder
        self.let_in: set[tuple[str, str]] = set()
        self.numbers = dict.fromkeys(MATTERS, 0)
        self.asked: dict[tuple[str, str], set[str]] = {}

    def teardown(self) -> None:
        self.library.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        """Two matters, one with two members, so that a dozen steps come somewhere."""
        for matter, user in (("alder", 0), ("alder", 1), ("birch", 0)):
            if not self.there(matter):
                self.ingest(matter)
            self.grant_or_revoke(USERS[user], matter, True)

    @rule(matter=matters)
    def ingest(self, matter: str) -> None:
        self.numbers[matter] += 1
        files = self.folder / matter
        files.mkdir(exist_ok=True)
        number = self.numbers[matter]
        (files / f"note-{number % 2}.txt").write_text(
            f"{SHARED} {CANARIES[matter]} was told so in note {number}.", encoding="utf-8"
        )
        self.library.ingest(matter, [files])

    @rule(matter=matters, whole=st.booleans())
    def delete(self, matter: str, whole: bool) -> None:
        if not self.there(matter):
            return
        documents = self.library.documents(matter)
        if whole:
            self.library.delete_matter(matter)
            shutil.rmtree(self.folder / matter)
            members.change(self.home, lambda now: now.without(matter))
            self.asked = {pair: one for pair, one in self.asked.items() if pair[1] != matter}
            self.let_in = {pair for pair in self.let_in if pair[1] != matter}
        elif documents:
            self.library.delete_document(matter, documents[0].path)

    @rule(user=users, matter=matters, member=st.booleans())
    def grant_or_revoke(self, user: str, matter: str, member: bool) -> None:
        self.home.mkdir(exist_ok=True)
        members.change(self.home, lambda now: now.with_member(matter, user, member))
        (self.let_in.add if member else self.let_in.discard)((user, matter))

    @rule(user=users, matter=matters, other=matters)
    def ask(self, user: str, matter: str, other: str) -> None:
        if not self.passes(user, matter):
            return
        question = f"{QUESTION} What of {CANARIES[other]}?"
        turn = history.begin(
            self.library,
            matter,
            user,
            typed=QUESTION,
            question=QUESTION,
            earlier=(),
            conversation="",
            writers=(history.Writer(None, True),),
            anyway=True,
            scope=EVERYWHERE,
        )
        self.asked.setdefault((user, matter), set()).add(turn.id)
        how = How(adapter=None, k=8, max_tokens=400, bound=False, anyway=True)
        with recorded_ask(self.home, matter, question, {}) as recorder:
            answer = recorder.answer = ask_matter(
                self.library, matter, question, CopyingEngine(), how
            )
        history.keep_passages(self.library, turn, 1, answer.passages)
        history.keep_answer(self.library, turn, 1, answer)
        # The question names another matter's canary itself.
        shown = [answer.text, as_json(answer).decode()]
        shown += [as_markdown(answer).decode()]
        with zipfile.ZipFile(io.BytesIO(as_docx(answer))) as docx:
            shown += [docx.read(name).decode(errors="replace") for name in docx.namelist()]
        allowed = {matter, other}
        for text in shown:
            self.holds_nothing_of_others(text, allowed)
        for text in (one.text for one in answer.passages):
            self.holds_nothing_of_others(text, {matter})
        for member in USERS:
            if (member, matter) in self.let_in:
                self.read_history(member, matter)

    @rule(number=st.integers(0, 8), other=matters)
    def ask_as_a_member(self, number: int, other: str) -> None:
        known = sorted(pair for pair in self.let_in if self.there(pair[1]))
        if known:
            self.ask(*known[number % len(known)], other)

    @rule(matter=matters, other=matters)
    def search(self, matter: str, other: str) -> None:
        if self.there(matter):
            for query in (QUESTION, CANARIES[other]):
                for found in search(self.library, matter, query, 8):
                    self.holds_nothing_of_others(found.passage.text, {matter})

    @rule(user=users)
    def look(self, user: str) -> None:
        person = Person(user, admin=False, walled=True)
        there = [one.id for one in self.library.matters()]
        seen = members.seen(self.home, person, there) if self.home.exists() else []
        assert set(seen) == {one for one in there if (user, one) in self.let_in}
        for matter in seen:
            self.read_history(user, matter)
            for turn in history.turns(self.home, matter, user):
                assert turn.folder.is_dir()
                for answer in turn.answers.values():
                    for passage in answer.passages:
                        self.holds_nothing_of_others(passage.text, {matter})

    @rule(user=users, matter=matters)
    def read_history(self, user: str, matter: str) -> None:
        if not self.passes(user, matter):
            return
        kept = {turn.id for turn in history.turns(self.home, matter, user)}
        assert kept <= self.asked.get((user, matter), set())

    @invariant()
    def the_log_has_no_text(self) -> None:
        for file in (self.home / "audit.jsonl", self.home / "audit.head"):
            if file.exists():
                self.holds_nothing_of_others(file.read_text(encoding="utf-8"), set())

    def there(self, matter: str) -> bool:
        return any(one.id == matter for one in self.library.matters())

    def passes(self, user: str, matter: str) -> bool:
        """Whether the wall lets a user in; where it does not, there is no sign of the matter."""
        person = Person(user, admin=False, walled=True)
        let_in = (user, matter) in self.let_in
        try:
            members.check(self.home, person, matter)
            self.library.documents(matter)
        except UnknownMatter as error:
            assert not let_in or not self.there(matter)
            assert str(error) == str(members.no_such(matter))
            return False
        assert let_in
        return True

    def holds_nothing_of_others(self, text: str, allowed: set[str]) -> None:
        for matter, canary in CANARIES.items():
            assert matter in allowed or canary not in text, f"something of {matter} came through"


@pytest.fixture(scope="module", autouse=True)
def shared_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    Walls.embedder = Embedder(tmp_path_factory.mktemp("models"))
    with QdrantRest() as Walls.rest:
        yield


def run(sequences: int, *, shrink: bool = True) -> None:
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    profile = settings(
        max_examples=sequences,
        stateful_step_count=12,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    run_state_machine_as_test(seed(SEED)(Walls), settings=profile)


@pytest.mark.timeout(7200)
def test_walls_hold() -> None:
    run(SEQUENCES)
    print(f"\n{SEQUENCES} sequences, seed {SEED}: nothing of one matter came through to another")


def no_filter(patch: pytest.MonkeyPatch) -> None:
    whole = ServerStore._filter

    def without_matter(store: ServerStore, *arguments: Any) -> Any:
        made = whole(store, *arguments)
        made.must = [one for one in made.must if getattr(one, "key", "") != "matter_id"]
        return made

    patch.setattr(ServerStore, "_filter", without_matter)


def no_filter_and_no_guard(patch: pytest.MonkeyPatch) -> None:
    no_filter(patch)
    patch.setattr(
        ServerStore, "_payloads", lambda store, points: [point.payload for point in points]
    )


def everybody_a_member(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(members, "may_see", lambda home, person, matter: True)


def one_history_for_all(patch: pytest.MonkeyPatch) -> None:
    whole = history._folder
    patch.setattr(history, "_folder", lambda home, matter, user: whole(home, matter, "anybody"))


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "taken_down", [no_filter, no_filter_and_no_guard, everybody_a_member, one_history_for_all]
)
def test_a_wall_that_is_taken_down_is_noticed(
    taken_down: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_down(monkeypatch)
    # The filter has a guard behind it: with that one in place nothing comes through, but the
    # search is refused.
    with pytest.raises((AssertionError, IndexUnavailable)):
        run(MUTANT_SEQUENCES, shrink=False)
