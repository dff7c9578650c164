// Draws a chart into `figure`, a .tm-chart, and returns the function that turns a point into a place on the SVG.
// `caption`, `x` and `y` are keys of texts. A point is [x, share] or [x, share, size, title]: points without a size are
// joined by a line, points with one (0 to 1) stand alone, and the vertical axis is then named.
const FRAME = { left: 48, right: 348, top: 12, bottom: 196 };

// The lowest and highest share of the vertical axis: whole steps of 5%.
function chartRange(shares) {
  const [low, high] = [Math.min(...shares), Math.max(...shares)];
  return [Math.floor(low * 20) / 20, high > low ? Math.ceil(high * 20) / 20 : high + 0.05];
}

function drawChart(figure, { caption, x, y, points, diagonal }) {
  const { left, right, top, bottom } = FRAME;
  const first = points[0][0];
  const across = diagonal ? [0, 1] : [first, Math.max(points.at(-1)[0], first + 1)];
  const up = diagonal ? [0, 1] : chartRange(points.map((point) => point[1]));
  const place = ([a, b]) => [
    left + ((a - across[0]) / (across[1] - across[0])) * (right - left),
    bottom - ((b - up[0]) / (up[1] - up[0])) * (bottom - top),
  ];
  const path = (line) => line.map((point, i) => `${i ? "L" : "M"} ${place(point).join(" ")}`).join(" ");
  const joined = points.every((point) => point.length === 2);

  const grid = makeSvg("g", { class: "tm-grid" });
  const label = (text, at) => grid.append(makeSvg("text", { "text-anchor": "middle", ...at }, text));
  const fives = Math.round((up[1] - up[0]) / 0.05);
  const steps = fives <= 6 ? fives : 4;
  for (let step = 0; step <= steps; step++) {
    const share = up[0] + (step / steps) * (up[1] - up[0]);
    const [, height] = place([across[0], share]);
    grid.append(makeSvg("line", { x1: left, x2: right, y1: height, y2: height }));
    label(percent(share), { x: left - 8, y: height + 4, "text-anchor": "end" });
  }
  for (const at of diagonal ? [0, 0.25, 0.5, 0.75, 1] : points.map((point) => point[0])) {
    label(diagonal ? percent(at) : at, { x: place([at, 0])[0], y: bottom + 18 });
  }
  label(words[x], { x: (left + right) / 2, y: 234 });
  if (!joined) label(words[y], { x: -(top + bottom) / 2, y: 4, transform: "rotate(-90)" });

  const circles = points.map(([a, b, size, title]) => {
    const [cx, cy] = place([a, b]);
    const circle = makeSvg("circle", { cx, cy, r: joined ? 4 : 3 + 5 * size });
    if (title) circle.append(makeSvg("title", {}, title));
    return circle;
  });
  const dots = makeSvg("g", { class: "tm-points" });
  dots.append(...circles);

  const svg = makeSvg("svg", { viewBox: "0 0 360 240", role: "img" });
  svg.append(grid);
  if (diagonal) {
    const ends = [0, 1].map((share) => [share, share]);
    svg.append(makeSvg("path", { class: "tm-diagonal", d: path(ends) }));
  }
  if (joined) svg.append(makeSvg("path", { class: "tm-line", d: path(points) }));
  svg.append(dots);
  for (const part of svg.children) part.setAttribute("aria-hidden", "true");
  const figures = points.map(([a, b, , title]) => title ?? `${diagonal ? percent(a) : a}: ${percent(b)}`);
  svg.setAttribute("aria-label", `${words[caption]} (${words[x]}: ${words[y]}) ${figures.join(joined ? ", " : "; ")}`);
  figure.replaceChildren(svg, make("figcaption", "", words[caption]));
  return place;
}
