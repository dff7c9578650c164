// Draws props.value, {caption, x, y, points: [[x, y], …], diagonal}, as a line with points; its name tells the figures.
const { caption, x, y, points, diagonal } = props.value;
const svg = element.querySelector("svg");
const frame = { left: 48, right: 348, top: 12, bottom: 196 };

function range(values, share) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return share ? [0, 1] : [Math.floor(low * 20) / 20, high > low ? Math.ceil(high * 20) / 20 : high + 0.05];
}

const across = diagonal ? [0, 1] : [points[0][0], Math.max(points.at(-1)[0], points[0][0] + 1)];
const up = range(points.map((point) => point[1]), diagonal);
const place = ([a, b]) => [
  frame.left + ((a - across[0]) / (across[1] - across[0])) * (frame.right - frame.left),
  frame.bottom - ((b - up[0]) / (up[1] - up[0])) * (frame.bottom - frame.top),
];

function add(parent, tag, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  element.querySelector(parent).append(made);
}

const percent = (share) => `${Math.round(100 * share)}%`;
const fives = Math.round((up[1] - up[0]) / 0.05);
const steps = fives <= 6 ? fives : 4;
for (let step = 0; step <= steps; step++) {
  const height = up[0] + (step / steps) * (up[1] - up[0]);
  const [, at] = place([across[0], height]);
  add(".tm-grid", "line", { x1: frame.left, x2: frame.right, y1: at, y2: at });
  add(".tm-grid", "text", { x: frame.left - 8, y: at + 4, "text-anchor": "end" }, percent(height));
}
for (const at of diagonal ? [0, 0.25, 0.5, 0.75, 1] : points.map((point) => point[0])) {
  add(".tm-grid", "text", { x: place([at, 0])[0], y: frame.bottom + 18, "text-anchor": "middle" }, diagonal ? percent(at) : at);
}
add(".tm-grid", "text", { x: (frame.left + frame.right) / 2, y: 234, "text-anchor": "middle" }, words[x]);

const path = (line) => line.map((point, index) => `${index ? "L" : "M"} ${place(point).join(" ")}`).join(" ");
if (diagonal) element.querySelector(".tm-diagonal").setAttribute("d", path([[0, 0], [1, 1]]));
element.querySelector(".tm-line").setAttribute("d", path(points));
for (const point of points) {
  const [cx, cy] = place(point);
  add(".tm-points", "circle", { cx, cy, r: 4 });
}

const shown = (value) => (diagonal ? percent(value) : value);
const read = points.map((point) => `${shown(point[0])}: ${percent(point[1])}`).join(", ");
svg.setAttribute("aria-label", `${words[caption]} (${words[x]}: ${words[y]}) ${read}`);
element.querySelector("figcaption").textContent = words[caption];
