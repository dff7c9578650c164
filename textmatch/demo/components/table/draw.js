// Draws a table into `place`, a .tm-table. A heading or cell is a text, a number, null, {key, fields} for a text of the
// page, or {share} or {chance}, a probability, from 0 to 1 for a bar. A visitor's table is laid out for long texts.
const WIDE = 6; // characters from which a column of a visitor's table is as wide as a sentence needs
const FEW = 5; // columns that fit a phone

const written = (content) => (typeof content === "object" && content ? fill(content) : String(content ?? "–"));

function tableCell(content, tag) {
  const share = content?.share ?? content?.chance;
  if (share !== undefined) {
    const cell = make(tag, "tm-bar", content.chance === undefined ? percent(share, 1) : chance(share));
    cell.style.setProperty("--share", share);
    return cell;
  }
  const cell = make(tag, typeof content === "number" ? "tm-figure" : "", written(content));
  if (content?.key) cell.dataset.key = content.key;
  return cell;
}

function tableRow(row, headings, visitors) {
  const cells = row.map((content, i) => tableCell(content, i || visitors ? "td" : "th"));
  cells.forEach((cell, i) => (cell.dataset.heading = headings[i]));
  if (!visitors) cells[0].scope = "row";
  return make("tr", "", ...cells);
}

function drawTable(place, { caption, columns, rows, visitors }) {
  if (!place.children.length) place.append(make("p", "tm-caption"), make("div", "tm-scroll", make("table")));
  const [title, region] = place.children;
  const table = region.firstChild;
  const headings = columns.map(written);

  const head = make("tr", "", ...columns.map((heading) => tableCell(heading, "th")));
  for (const heading of head.children) heading.scope = "col";
  const body = rows.map((row) => tableRow(row, headings, visitors));
  columns.forEach((_, i) => {
    const column = body.map((line) => line.children[i]);
    const wide = column.some((cell) => cell.textContent.length > WIDE);
    for (const cell of column) cell.classList.toggle("tm-wide", wide);
  });
  table.replaceChildren(make("thead", "", head), make("tbody", "", ...body));

  title.textContent = caption ? fill(caption) : "";
  table.setAttribute("aria-label", title.textContent);
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", title.textContent || headings[0] || "");
  region.tabIndex = 0;
  place.classList.toggle("tm-visitors", visitors);
  place.classList.toggle("tm-many", !visitors && columns.length > FEW);
  place.hidden = rows.length === 0;
}
