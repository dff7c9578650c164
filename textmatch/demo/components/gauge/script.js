const meter = find(".tm-gauge");
const [low, high] = element.querySelectorAll(".tm-ends span");

for (const limit of props.limits) {
  const transform = `rotate(${limit * 180} 120 122)`;
  find(".tm-ticks").append(makeSvg("line", { x1: 13, x2: 27, y1: 122, y2: 122, transform }));
}

function draw() {
  const { score, level, common, cosine } = props.value;
  const word = words[`gauge_${level}`];
  meter.setAttribute("aria-label", words.gauge_similarity);
  find(".tm-name").textContent = words.gauge_similarity;
  low.textContent = words.gauge_apart;
  high.textContent = words.gauge_equal;
  meter.dataset.level = level;
  meter.style.setProperty("--score", (score ?? 0) / 100);
  meter.setAttribute("aria-valuenow", score ?? 0);
  meter.setAttribute("aria-valuetext", score === null ? word : `${score}, ${word}`);
  find(".tm-number").textContent = score ?? "–";
  find(".tm-word").textContent = word;
  setText(find(".tm-common"), fill({ key: "gauge_common", percent: percent(common) }));
  setText(find(".tm-cosine"), fill({ key: "gauge_cosine", cosine: cosine.toFixed(2) }));
}

keepDrawn(draw);
