"""Train: examples in, checked; a style adapter out, measured; one of them answers."""

import hashlib
from pathlib import Path

import streamlit as st

from retrieval.errors import CasewrightError
from serving import adapters
from serving.adapters import Adapter
from serving.model_card import gate_state, held_out_loss
from serving.models import resolve
from serving.settings import ModelSettings
from training.checks import Fault, check_examples, refuse_few
from training.config import CONFIGS, read_config
from training.examples import Example, read_examples
from training.jsonl import BadExamples
from ui import jobs, jobview, samples, state, uploads
from ui.jobs import Job
from ui.members import NotAllowed, Person
from ui.prose import Node, prose, say
from ui.recording import record

SAMPLE, OWN = "The sample memoranda", "Memoranda of your own"
FAULTS_SHOWN = 5


def page() -> None:
    """Draws the page."""
    library_settings, model = state.settings()
    home = library_settings.home
    who = state.person(home)
    if not who.admin:
        raise NotAllowed("training is for administrators; ask one of them")
    left, right = st.columns([1, 1.1], gap="large")
    with right:
        st.header("Adapters")
        _adapters(home, who, model)
    with left:
        st.header("Train a style")
        st.caption(
            "An adapter learns how the house writes. What a case says stays out of it: every name, "
            "date and amount of an example must stand in that example's passages."
        )
        _new_training(home, who)


def _new_training(home: Path, who: Person) -> None:
    job = jobview.latest(home, who, ("train",))
    if job is not None and job.alive:
        st.session_state["watched"] = job.id
        jobview.watch(home, job, _live)
        return
    if job is not None and st.session_state.get("watched") == job.id:
        jobview.ended(job)
        _offer_resumption(home, who, job)
    config = _choose_config()
    data = _choose_data(home)
    if data is None:
        return
    examples, faults = _checked(data, hashlib.sha256(data.read_bytes()).hexdigest())
    _show_check(examples, faults)
    forced = _few(data, examples)
    if st.button("Start training", type="primary", disabled=bool(faults) or forced is None):
        title = f"Training {config.removesuffix('.toml')} on {len(examples)} memoranda"
        _start(home, who, title, ["train", config, "--data", str(data), *(forced or ())])


def _offer_resumption(home: Path, who: Person, job: Job) -> None:
    """Offers to go on where a training was cut short; its log says so where nothing was kept."""
    if job.state != "done" and st.button("Go on from its last checkpoint"):
        _start(home, who, job.title, list(dict.fromkeys([*job.arguments, "--resume"])))


def _few(data: Path, examples: list[Example]) -> tuple[str, ...] | None:
    """Says where examples are few; gives what the command is to be told, None for no training."""
    try:
        if warning := refuse_few(data, examples, force=False):
            st.caption(warning)
    except BadExamples as error:
        st.warning(str(error).removesuffix(" with --force"))
        return ("--force",) if st.checkbox("Train on so few all the same") else None
    return ()


def _start(home: Path, who: Person, title: str, arguments: list[str]) -> None:
    state.start_job(home, who, title, arguments, "")
    st.rerun()


def _choose_config() -> str:
    names = sorted(config.name for config in CONFIGS.glob("*.toml"))
    name = st.selectbox("Recipe", names, format_func=lambda name: name.removesuffix(".toml"))
    config = read_config(Path(name))
    about = (CONFIGS / name).read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
    st.caption(
        f"{about} Rank {config.lora.rank}, learning rate {config.optimizer.learning_rate:g}."
    )
    return name


def _choose_data(home: Path) -> Path | None:
    """The file of examples: the sample, or an upload, kept by the hash of its bytes."""
    if st.radio("Examples", [SAMPLE, OWN], horizontal=True) == SAMPLE:
        return samples.MEMORANDA
    upload = st.file_uploader("A JSONL file, one example a line", type="jsonl")
    if upload is None:
        return None
    content = upload.getvalue()
    kept = (
        home
        / "examples"
        / hashlib.sha256(content).hexdigest()[:12]
        / uploads.file_name(upload.name)
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)
    return kept


# Kept for one user's session, and for these very bytes.
@st.cache_data(scope="session", max_entries=4, show_spinner="Checking the examples")
def _checked(data: Path, sha256: str) -> tuple[list[Example], list[Fault]]:
    examples = read_examples(data)
    return examples, check_examples(examples)


def _show_check(examples: list[Example], faults: list[Fault]) -> None:
    held_out = sum(example.split == "held-out" for example in examples)
    facts = {
        "Examples": len(examples),
        "Matters": len({example.matter for example in examples}),
        "Held out": held_out,
        "Faults": len(faults),
    }
    for column, (label, number) in zip(st.columns(len(facts)), facts.items(), strict=True):
        column.metric(label, f"{number:,}")
    if faults:
        st.dataframe(
            {
                "Example": [fault.example for fault in faults[:FAULTS_SHOWN]],
                "Check": [fault.check for fault in faults[:FAULTS_SHOWN]],
                "Fault": [fault.detail for fault in faults[:FAULTS_SHOWN]],
            },
            hide_index=True,
        )
        st.caption("Training starts when no fault is left; these are the first.")


def _live(job: Job) -> None:
    """The loss from the first step on."""
    losses = jobs.figures(job, "loss")
    if len(losses) > 1:
        st.line_chart(
            {"step": list(losses), "loss": list(losses.values())},
            x="step",
            y="loss",
            height=260,
            color="#1f3a5f",
        )


def _adapters(home: Path, who: Person, model: ModelSettings) -> None:
    found = adapters.adapters(home)[::-1]
    if not found:
        st.text("None yet. Until one is trained and promoted, the base model writes.")
    for adapter in found:
        _adapter(home, who, model, adapter)


def _adapter(home: Path, who: Person, model: ModelSettings, adapter: Adapter) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            prose([_card(adapter)], key=f"card/{adapter.name}")
            if adapter.promoted:
                st.badge("Writes now", icon=":material/check:", color="green")
            elif st.button(
                "Promote",
                key=f"promote/{adapter.name}",
                disabled=adapter.proof is None,
                help=f"After its gate: `casewright adapters verify {adapter.name}`",
            ):
                try:
                    adapters.promote(home, adapter, resolve(model.base, model.base_sha256))
                    record(home, "promote", by=who.name, adapter=adapter.name)
                except CasewrightError as error:
                    say(error)
                else:
                    st.rerun()
        curve = adapter.folder / "loss.png"
        if curve.is_file():
            with st.expander("Loss curve"):
                st.image(str(curve), width="stretch", alt="The loss by step")


def _card(adapter: Adapter) -> Node:
    card = adapter.card
    loss = held_out_loss(card).replace("->", "→")
    lines = [
        f"Held-out loss {loss}" if loss else "Added from outside",
        f"{card['data']['trained']} memoranda, {card['seconds'] / 60:.0f} min, "
        f"on {card['base']['name']}"
        if "seconds" in card
        else f"On {card['base']['name']}",
        f"Gate: {gate_state(adapter)}",
    ]
    return Node(
        "div",
        "",
        children=(
            Node("h3", "subheading", adapter.name),
            *(Node("p", "fact", line) for line in lines),
        ),
    )


try:
    page()
except CasewrightError as error:
    say(error)
