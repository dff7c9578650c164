// Writes props.value, {line, hits}, as text only; and asks for a search when the query rests for a moment.
const PAUSE = 300;
const percent = (share) => `${Math.round(share * 100)}%`;

function make(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function hit({ sentence, answer, number, copies, probability, similarity, overlap }) {
  const item = make("li", "tm-hit", "");
  item.dataset.level = probability >= 0.5 ? "same" : "other";
  const score = make("div", "tm-hit-score", "");
  const bar = make("span", "tm-bar", "");
  bar.style.setProperty("--share", probability);
  bar.setAttribute("aria-hidden", "true");
  score.append(make("strong", "tm-hit-percent", percent(probability)), bar);
  const text = make("div", "tm-hit-text", "");
  text.append(make("p", "tm-hit-sentence", sentence));
  if (answer) text.append(make("p", "tm-hit-answer", answer));
  const facts = [
    fill({ key: probability >= 0.5 ? "search_same" : "search_other" }),
    fill({ key: "search_similarity", percent: percent(similarity) }),
    fill({ key: "search_overlap", percent: percent(overlap) }),
    fill({ key: "search_row", number }),
  ];
  if (copies.length) facts.push(fill({ key: "search_copies", count: copies.length }));
  const below = make("p", "tm-hit-facts", "");
  facts.forEach((fact, place) => below.append(place ? " · " : "", make("span", "", fact)));
  text.append(below);
  item.append(text, score);
  return item;
}

function draw() {
  const { line, hits } = props.value;
  find(".tm-hits-line").textContent = fill(line);
  find(".tm-hits-list").replaceChildren(...hits.map(hit));
}

let waiting;

function ask(event, pause) {
  // While an input method composes, what stands in the box is not Chinese yet.
  if (event.isComposing || !event.target.closest?.("#search-query")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => trigger("submit"), pause);
}

document.addEventListener("input", (event) => ask(event, PAUSE));
document.addEventListener("compositionend", (event) => ask(event, PAUSE));
document.addEventListener("keydown", (event) => event.key === "Enter" && ask(event, 0));
draw();
watch("value", draw);
