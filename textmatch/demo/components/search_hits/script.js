const PAUSE = 300; // milliseconds without a keystroke

function hit({ sentence, answer, number, copies, verdict, probability, similarity, overlap }) {
  const facts = [
    words[`search_${verdict}`],
    fill({ key: "search_similarity", number: Math.round(100 * similarity) }),
    fill({ key: "search_overlap", percent: percent(overlap) }),
    fill({ key: "search_row", number }),
  ];
  if (copies.length) facts.push(fill({ key: "search_copies", count: copies.length }));
  const below = make("p", "tm-hit-facts");
  facts.forEach((fact, i) => below.append(i ? " · " : "", make("span", "", fact)));

  const text = make("div", "", make("p", "tm-hit-sentence", sentence));
  if (answer) text.append(make("p", "tm-hit-answer", answer));
  text.append(below);
  const bar = make("span", "tm-bar");
  bar.style.setProperty("--share", probability);
  bar.setAttribute("aria-hidden", "true");
  const item = make(
    "li",
    "tm-hit",
    text,
    make("div", "tm-hit-score", make("strong", "tm-hit-percent", chance(probability)), bar),
  );
  item.dataset.level = verdict;
  return item;
}

// An answer stands beside its own query only: dimmed from the first key on, hidden where no answer comes.
let typed = null; // what stands in the box, once something was typed there
const isShown = () => typed === null || typed === props.value.query;
let waiting, patience;

function dim(state) {
  find(".tm-hits").dataset.state = state ?? (isShown() ? "fresh" : "stale");
}

function draw() {
  const { line, hits } = props.value;
  find(".tm-hits-line").textContent = fill(line);
  find(".tm-hits-list").replaceChildren(...hits.map(hit));
  if (isShown()) clearTimeout(patience);
  dim();
}

function giveUp() {
  clearTimeout(patience);
  find(".tm-hits-line").textContent = words.search_no_result;
  dim("gone");
}

function ask(event, pause) {
  // While an input method composes, what stands in the box is not Chinese yet.
  if (event.isComposing || !event.target.closest?.("#search-query")) return;
  typed = event.target.value;
  dim();
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    clearTimeout(patience);
    patience = setTimeout(giveUp, props.patience);
    trigger("submit");
  }, pause);
}

document.addEventListener("input", (event) => ask(event, PAUSE));
document.addEventListener("compositionend", (event) => ask(event, PAUSE));
document.addEventListener("keydown", (event) => event.key === "Enter" && ask(event, 0));
document.addEventListener("textmatch:search-failed", () => element.isConnected && giveUp());
keepDrawn(draw);
