// A click writes into the boxes as typing does, and asks at once. In English the row says what its pair means as long as it
// stands in the boxes.
const chinese = /^zh/i.test(navigator.language);
const box = (number) => document.querySelector(`#sentence${number} :is(input, textarea)`);
find(".tm-examples-title").textContent = words.compare_examples;
find(".tm-examples-row").setAttribute("aria-label", words.compare_examples);

function write(number, text) {
  const field = box(number);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function choose({ sentence1, sentence2 }) {
  write(1, sentence1);
  write(2, sentence2);
  document.dispatchEvent(new Event("textmatch:ask"));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector("#pair").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

function gloss() {
  const shown = props.pairs.find(
    ({ sentence1, sentence2 }) => box(1)?.value === sentence1 && box(2).value === sentence2,
  );
  setText(find(".tm-gloss"), chinese || !shown ? "" : shown.gloss);
}

for (const pair of props.pairs) {
  const button = make("button", "tm-example", chinese ? pair.zh : pair.en);
  button.type = "button";
  button.title = `${pair.sentence1}\n${pair.sentence2}`;
  button.addEventListener("click", () => choose(pair));
  find(".tm-examples-row").append(button);
}

const listen = (name) => document.addEventListener(name, () => element.isConnected && setTimeout(gloss));
for (const name of ["input", "textmatch:changed"]) listen(name);
