// Draws props.value, {score: 0..1 or null, level}, on the static SVG; the words come as props in both languages.
const meter = element.querySelector(".tm-gauge");
const find = (name) => element.querySelector(name);

for (const limit of props.limits) {
  const tick = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [name, at] of [["x1", 31], ["x2", 36], ["y1", 122], ["y2", 122]]) tick.setAttribute(name, at);
  tick.setAttribute("transform", `rotate(${limit * 180} 120 122)`);
  find(".tm-ticks").append(tick);
}
find(".tm-name").textContent = words.similarity;
meter.setAttribute("aria-label", words.similarity);

function draw() {
  const { score, level } = props.value;
  const percent = score === null ? 0 : Math.round(score * 100);
  const word = words[level];
  meter.dataset.level = level;
  meter.style.setProperty("--score", score ?? 0);
  meter.setAttribute("aria-valuenow", percent);
  meter.setAttribute("aria-valuetext", score === null ? word : `${percent}%, ${word}`);
  find(".tm-number").textContent = score === null ? "–" : `${percent}%`;
  find(".tm-word").textContent = word;
}

draw();
watch("value", draw);
