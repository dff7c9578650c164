// Shows props.value, {state, …}: only a new state is spoken, the bar moves in silence.
const [status, said, bar] = [".tm-status", ".tm-said", ".tm-bar"].map((name) => element.querySelector(name));
const [progress, count] = bar.children;
progress.setAttribute("aria-label", words.batch_progress);

function draw() {
  const { state, ...fields } = props.value;
  const text = ["idle", "waiting"].includes(state) ? "" : state === "error" ? fields.message : fill({ key: `batch_${state}${fields.failed === null ? "_all" : ""}`, ...fields });
  if (said.textContent !== text) said.textContent = text;
  status.dataset.state = state;
  bar.hidden = !["reading", "waiting", "queued", "running", "stopping", "writing"].includes(state);
  if (state === "running") progress.value = fields.share;
  else progress.removeAttribute("value");
  count.textContent = state === "running" ? fill({ key: fields.left === null ? "batch_count" : "batch_left", ...fields }) : "";
}

draw();
watch("value", draw);
