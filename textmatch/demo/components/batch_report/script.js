const t = (key, fields = {}) => fill({ key: `report_${key}`, ...fields });
const slider = find("input");
const marker = makeSvg("line", { class: "tm-marker" });
let place; // where a point of the chart is on its SVG

function figures([tn, fp, fn, tp], { auc, ece }) {
  return {
    accuracy: percent((tp + tn) / (tp + tn + fp + fn), 1),
    precision: percent(tp / (tp + fp), 1),
    recall: percent(tp / (tp + fn), 1),
    f1: percent((2 * tp) / (2 * tp + fp + fn), 1),
    auc: auc.toFixed(3),
    ece: percent(ece, 1),
  };
}

function drawConfusion([tn, fp, fn, tp], labels) {
  const right = (count) => `✓ ${count.toLocaleString()}`;
  const wrong = (count) => `✗ ${count.toLocaleString()}`;
  const heading = (key, label) => ({ key: `report_${key}`, label: fill(label) });
  drawTable(find(".tm-confusion"), {
    caption: { key: "report_confusion" },
    columns: [{ text: "" }, ...labels.map((label) => heading("predicted", label))],
    rows: [
      [heading("labelled", labels[0]), right(tn), wrong(fp)],
      [heading("labelled", labels[1]), wrong(fn), right(tp)],
    ],
  });
}

function drawMistakes(threshold, { labels, mistakes }) {
  const wrong = mistakes.filter(({ label, probability }) => probability >= threshold !== (label === 1));
  drawTable(find(".tm-mistakes"), {
    caption: { key: "report_mistakes" },
    columns: ["row", "sentence1", "sentence2", "label", "probability"].map((key) => t(key)),
    rows: wrong.map(({ row, sentence1, sentence2, label, probability }) => [
      row,
      sentence1,
      sentence2,
      fill(labels[label]),
      chance(probability),
    ]),
    visitors: true,
  });
  find(".tm-none").hidden = wrong.length > 0;
}

function drawReliability({ bins }) {
  const most = Math.max(...bins.map(([, , pairs]) => pairs));
  const points = bins.map(([probability, share, pairs]) => {
    const title = t("point", { pairs, probability: percent(probability), share: percent(share) });
    return [probability, share, Math.sqrt(pairs / most), title];
  });
  const axes = { caption: "report_reliability", x: "report_x", y: "report_y" };
  place = drawChart(find(".tm-chart"), { ...axes, points, diagonal: true });
  find(".tm-chart svg").append(marker);
}

function move() {
  const report = props.value;
  const threshold = slider.value / 100;
  const counts = report.counts[slider.value];
  find("output").textContent = percent(threshold);
  slider.setAttribute("aria-valuetext", percent(threshold));
  const pairs = Object.entries(figures(counts, report));
  find(".tm-figures").replaceChildren(
    ...pairs.map(([key, text]) => make("div", "", make("dt", "", t(key)), make("dd", "", text))),
  );
  drawConfusion(counts, report.labels);
  drawMistakes(threshold, report);
  const [x, bottom] = place([threshold, 0]);
  const [, top] = place([threshold, 1]);
  for (const [name, at] of Object.entries({ x1: x, x2: x, y1: bottom, y2: top })) marker.setAttribute(name, at);
}

function draw() {
  const report = props.value;
  for (const [selector, key] of Object.entries(texts)) find(selector).textContent = t(key);
  find(".tm-report").hidden = !report;
  if (!report) return;
  find(".tm-body").hidden = !report.pairs;
  find(".tm-basis").textContent = report.pairs ? t("basis", { pairs: report.pairs.toLocaleString() }) : t("none");
  if (!report.pairs) return;
  drawReliability(report);
  move();
}

const texts = {
  ".tm-title": "title",
  ".tm-threshold span": "threshold",
  ".tm-worst": "mistakes",
  ".tm-none": "nomistakes",
};
slider.addEventListener("input", move);
watch("value", () => (slider.value = 50));
keepDrawn(draw);
