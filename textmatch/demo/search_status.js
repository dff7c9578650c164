// Writes props.value, {line, notes, progress}, as text only.

function draw() {
  const { line, notes, progress } = props.value;
  say(find(".tm-search-line"), fill(line));
  find(".tm-search-line").dataset.key = line.key;
  drawProgress(progress);
  find(".tm-search-notes").replaceChildren(...notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = fill(note);
    return item;
  }));
}

draw();
watch("value", draw);
