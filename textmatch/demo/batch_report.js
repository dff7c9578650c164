// Draws props.value, what is known of the labelled rows: counts [tn, fp, fn, tp] for each threshold from 0 to 100%,
// bins [probability, share, pairs] and the worst mistakes. The slider only picks among them, so it answers at once.
const say = (key, fields = {}) => words[`batch_r_${key}`].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
const find = (name) => element.querySelector(name);
const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const percent = (share, digits = 1) => (Number.isFinite(share) ? `${(share * 100).toFixed(digits)}%` : "–");
const slider = find("input");

const statics = { ".tm-title": "title", ".tm-threshold span": "threshold", ".tm-confusion caption": "confusion",
  "figcaption": "reliability", ".tm-x": "x", ".tm-y": "y", ".tm-worst": "mistakes", ".tm-none": "nomistakes" };
for (const [name, key] of Object.entries(statics)) find(name).textContent = say(key);
find(".tm-body > .tm-scroll").setAttribute("aria-label", say("mistakes"));
find(".tm-mistakes thead tr").append(
  ...["row", "sentence1", "sentence2", "label", "probability"].map((key) => Object.assign(cell("th", say(key)), { scope: "col" })));

function move() {
  const { counts, auc, ece, labels, mistakes } = props.value;
  const [tn, fp, fn, tp] = counts[slider.value];
  const figures = {
    accuracy: percent((tp + tn) / (tp + tn + fp + fn)),
    precision: percent(tp / (tp + fp)),
    recall: percent(tp / (tp + fn)),
    f1: percent((2 * tp) / (2 * tp + fp + fn)),
    auc: auc.toFixed(3),
    ece: percent(ece),
  };
  find("output").textContent = `${slider.value}%`;
  slider.setAttribute("aria-valuetext", `${slider.value}%`);
  find(".tm-figures").replaceChildren(...Object.entries(figures).map(([key, text]) => {
    const pair = document.createElement("div");
    pair.append(cell("dt", say(key)), cell("dd", text));
    return pair;
  }));
  find(".tm-confusion tbody").replaceChildren(...[[tn, fp], [fn, tp]].map((row, label) => {
    const line = document.createElement("tr");
    const head = cell("th", say("labelled", { label: labels[label] }));
    head.scope = "row";
    line.append(head, ...row.map((count, verdict) => {
      const box = cell("td", count.toLocaleString());
      box.className = label === verdict ? "tm-right" : "tm-wrong";
      box.prepend(cell("span", label === verdict ? "✓ " : "✗ "));
      return box;
    }));
    return line;
  }));
  const x = 40 + 2 * slider.value;
  for (const end of ["x1", "x2"]) find(".tm-line").setAttribute(end, x);
  const wrong = mistakes.filter(({ label, probability }) => (probability >= slider.value / 100) !== (label === 1));
  find(".tm-none").hidden = wrong.length > 0;
  find(".tm-body > .tm-scroll").hidden = wrong.length === 0;
  find(".tm-mistakes tbody").replaceChildren(...wrong.map(({ row, sentence1, sentence2, label, probability }) => {
    const line = document.createElement("tr");
    line.append(...[row, sentence1, sentence2, labels[label], percent(probability)].map((text) => cell("td", text)));
    for (const at of [1, 2]) line.children[at].className = "tm-long";
    return line;
  }));
}

function draw() {
  const value = props.value;
  find(".tm-report").hidden = !value;
  if (!value) return;
  find(".tm-body").hidden = !value.pairs;
  find(".tm-basis").textContent = value.pairs ? say("basis", { pairs: value.pairs.toLocaleString() }) : say("none");
  if (!value.pairs) return;
  slider.value = 50;
  find(".tm-confusion thead tr").replaceChildren(cell("td", ""), ...value.labels.map((label) => {
    const head = cell("th", say("predicted", { label }));
    head.scope = "col";
    return head;
  }));
  const most = Math.max(...value.bins.map((bin) => bin[2]));
  const points = value.bins.map(([probability, share, pairs]) => {
    const point = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    const at = { cx: 40 + 200 * probability, cy: 210 - 200 * share, r: 3 + 5 * Math.sqrt(pairs / most) };
    for (const [name, number] of Object.entries(at)) point.setAttribute(name, number.toFixed(1));
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = say("point", { pairs, probability: percent(probability, 0), share: percent(share, 0) });
    point.append(title);
    return point;
  });
  find(".tm-points").replaceChildren(...points);
  find("svg").setAttribute("aria-label", [say("reliability"), ...points.map((point) => point.textContent)].join("; "));
  move();
}

slider.addEventListener("input", move);
draw();
watch("value", draw);
