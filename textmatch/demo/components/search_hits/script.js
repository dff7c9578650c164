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
keepDrawn(draw);
