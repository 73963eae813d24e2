// Draws a tree of nodes. Text goes in by textContent alone: nothing in it is ever markup.
const TAGS = new Set(["div", "h2", "h3", "p", "span", "mark", "button"]);

export default function ({ parentElement, data, setTriggerValue }) {
  const article = parentElement.querySelector("article");
  const drawn = JSON.stringify(data.nodes);
  if (article.dataset.drawn === drawn) return; // a rerun with the same text keeps its place
  article.dataset.drawn = drawn;
  article.replaceChildren(...data.nodes.map(build));
  bringIntoView(article);

  function build(node) {
    const element = document.createElement(TAGS.has(node.tag) ? node.tag : "span");
    element.className = node.kind;
    element.textContent = node.text;
    if (node.label) {
      element.title = node.label;
      element.setAttribute("aria-label", node.label);
      if (node.tag === "span") element.setAttribute("role", "img");
    }
    if (element.classList.contains("page")) element.tabIndex = 0; // it scrolls, by keys too
    if (node.tag === "button") {
      element.type = "button";
      if (node.copy) element.addEventListener("click", () => copy(element, node.copy));
      else element.addEventListener("click", () => setTriggerValue("chosen", node.choose));
    }
    element.append(...node.children.map(build));
    return element;
  }
}

function bringIntoView(article) {
  const mark = article.querySelector("mark");
  const page = mark?.closest(".page");
  if (page) page.scrollTop = mark.offsetTop - page.offsetTop - page.clientHeight / 4;
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text); // only where the page came from this machine or by https
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = before), 1600);
}
