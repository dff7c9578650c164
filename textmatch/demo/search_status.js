// Writes props.value, {line, notes, done}, as text only; done is a share from 0 to 1, or null while nothing runs.
const words = props.words[/^zh/i.test(navigator.language) ? "zh" : "en"];
const fill = ({ key, ...fields }) => words[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
const find = (name) => element.querySelector(name);

function draw() {
  const { line, notes, done } = props.value;
  find(".tm-search-line").textContent = fill(line);
  find(".tm-search-line").dataset.key = line.key;
  const bar = find(".tm-search-progress");
  bar.hidden = done === null;
  bar.value = done ?? 0;
  bar.setAttribute("aria-label", words.search_progress);
  find(".tm-search-notes").replaceChildren(...notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = fill(note);
    return item;
  }));
}

draw();
watch("value", draw);
