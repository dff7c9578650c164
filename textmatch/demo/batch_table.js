// Writes props.value, {caption, names, rows, new} or null, as text only; the last `new` names are keys of words.
const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

function draw() {
  const value = props.value;
  element.querySelector(".tm-sheet").hidden = !value;
  if (!value) return;
  const own = value.names.length - value.new;
  const caption = fill(value.caption);
  element.querySelector(".tm-caption").textContent = caption;
  element.querySelector(".tm-scroll").setAttribute("aria-label", caption);
  element.querySelector("thead tr").replaceChildren(...value.names.map((name, i) => {
    const head = cell("th", i < own ? name : words[name]);
    head.scope = "col";
    head.classList.toggle("tm-new", i >= own);
    return head;
  }));
  const long = value.names.map((_, i) => value.rows.some((row) => row[i].length > 6));
  element.querySelector("tbody").replaceChildren(...value.rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((text, i) => Object.assign(cell("td", text), { className: long[i] ? "tm-long" : "" })));
    return line;
  }));
}

draw();
watch("value", draw);
