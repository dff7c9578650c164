// Draws props.value, {caption, columns, rows}, as text only. A cell is null, a number, a text, or an object:
// {key, …} is a text of ours with its fields filled in, {share} a share 0 to 1 drawn as a bar.
const region = element.querySelector(".tm-table");

function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function cell(content, column) {
  const tag = column === 0 ? "th" : "td";
  const scope = column === 0 ? { scope: "row" } : {};
  if (content === null) return make(tag, "–", scope);
  if (typeof content === "object" && "share" in content) {
    const made = make(tag, `${(100 * content.share).toFixed(1)}%`, { ...scope, class: "tm-bar" });
    made.style.setProperty("--share", content.share);
    return made;
  }
  if (typeof content === "object") return make(tag, fill(content), { ...scope, class: `tm-${content.key}` });
  return make(tag, content, typeof content === "number" ? { ...scope, class: "tm-figure" } : scope);
}

function draw() {
  const { caption, columns, rows } = props.value;
  region.hidden = rows.length === 0;
  region.classList.toggle("tm-many", columns.length > 5);
  const title = caption ? fill(caption) : "";
  region.setAttribute("aria-label", title || words[columns[0]] || "");
  element.querySelector("caption").textContent = title;
  const head = document.createElement("tr");
  head.append(...columns.map((key) => make("th", words[key], { scope: "col" })));
  element.querySelector("thead").replaceChildren(head);
  element.querySelector("tbody").replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map(cell));
    columns.forEach((key, i) => line.children[i].setAttribute("data-heading", words[key]));
    return line;
  }));
}

draw();
watch("value", draw);
