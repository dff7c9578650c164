function draw() {
  const { verdict, answer, messages } = props.value;
  find(".tm-spoken").textContent = verdict;
  find(".tm-messages").replaceChildren(...messages.map((message) => make("li", "", fill(message))));
  find(".tm-answer").textContent = fill(answer);
}

draw();
watch("value", draw);
