const texts = props.progress_texts;
const bar = find("progress");

function draw() {
  bar.setAttribute("aria-label", words[texts.progress]);
  const { line, messages, progress, tone } = props.value;
  const root = find(".tm-status");
  root.hidden = !line && !messages.length && !progress;
  root.dataset.key = line?.key ?? "";
  root.dataset.tone = tone;
  setText(find(".tm-status-line"), line ? fill(line) : "");
  find(".tm-status-messages").replaceChildren(...messages.map((message) => make("li", "", fill(message))));
  find(".tm-progress").hidden = !progress;
  if (typeof progress?.share === "number") bar.value = progress.share;
  else bar.removeAttribute("value");
  const key = progress?.left ? texts.left : texts.count;
  setText(find(".tm-progress span"), progress?.done ? fill({ key, ...progress }) : "");
}

keepDrawn(draw);
