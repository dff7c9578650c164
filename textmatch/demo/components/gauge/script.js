const meter = find(".tm-gauge");

meter.setAttribute("aria-label", words.gauge_similarity);
find(".tm-name").textContent = words.gauge_similarity;
for (const limit of props.limits) {
  const transform = `rotate(${limit * 180} 120 122)`;
  find(".tm-ticks").append(makeSvg("line", { x1: 31, x2: 36, y1: 122, y2: 122, transform }));
}

function draw() {
  const { score, level } = props.value;
  const number = percent(score);
  meter.dataset.level = level;
  meter.style.setProperty("--score", score ?? 0);
  meter.setAttribute("aria-valuenow", Math.round((score ?? 0) * 100));
  meter.setAttribute(
    "aria-valuetext",
    score === null ? words[`gauge_${level}`] : `${number}, ${words[`gauge_${level}`]}`,
  );
  find(".tm-number").textContent = number;
  find(".tm-word").textContent = words[`gauge_${level}`];
}

draw();
watch("value", draw);
