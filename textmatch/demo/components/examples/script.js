// A click writes into the boxes as typing does, and asks at once. In English the row says what its pair means as long as it
// stands in the boxes.
const box = (number) => document.querySelector(`#sentence${number} :is(input, textarea)`);

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
  find(".tm-gloss").hidden = /^zh/i.test(navigator.language);
  setText(find(".tm-gloss"), shown?.gloss ?? "");
}

function example(pair) {
  const button = make("button", "tm-example", words[`compare_example_${pair.kind}`]);
  button.type = "button";
  button.title = `${pair.sentence1}\n${pair.sentence2}`;
  button.addEventListener("click", () => choose(pair));
  return button;
}

function draw() {
  find(".tm-examples-title").textContent = words.compare_examples;
  find(".tm-examples-row").setAttribute("aria-label", words.compare_examples);
  find(".tm-examples-row").replaceChildren(...props.pairs.filter(({ kind }) => kind).map(example));
  gloss();
}

keepDrawn(draw);
const listen = (name) => document.addEventListener(name, () => element.isConnected && setTimeout(gloss));
for (const name of ["input", "textmatch:changed"]) listen(name);
