// Writes props.value, {verdict, answer, notes}, as text only: a visitor's sentence never becomes markup.

function draw() {
  const { verdict, answer, notes } = props.value;
  element.querySelector(".tm-spoken").textContent = verdict;
  element.querySelector(".tm-answer").textContent = fill(answer);
  element.querySelector(".tm-notes").replaceChildren(...notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = fill(note);
    return item;
  }));
}

draw();
watch("value", draw);
