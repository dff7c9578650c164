// Keeps pairs that the model judged wrongly in this browser, until the visitor downloads or deletes them.
const STORED = "textmatch:corrections";
const wrong = find(".tm-wrong");
const [send, download, forget] = ["send", "download", "forget"].map((name) => find(`.tm-corrections-${name}`));

let kept = [];
let outcome = ""; // the key of what became of sending them
let stored = true;
try {
  kept = JSON.parse(localStorage.getItem(STORED) ?? "[]");
} catch {
  stored = false; // a frame of another site may have no storage
}

const same = (pair) => (other) => other.sentence1 === pair.sentence1 && other.sentence2 === pair.sentence2;

function keep(pairs, told = "") {
  kept = pairs;
  outcome = told;
  try {
    localStorage.setItem(STORED, JSON.stringify(kept));
  } catch {
    stored = false;
  }
  draw();
}

function draw() {
  const pair = props.value;
  wrong.hidden = !pair;
  download.textContent = words.correction_download;
  forget.textContent = words.correction_forget;
  setText(wrong, pair && kept.some(same(pair)) ? words.correction_undo : words.correction_wrong);
  const where = stored ? words.correction_stored : words.correction_lost;
  const said = kept.length ? fill({ key: "correction_kept", count: kept.length }) + where : "";
  setText(find(".tm-corrections-said"), words[outcome] ?? said);
  send.textContent = words.correction_send;
  send.hidden = !(props.collects && kept.length);
  download.hidden = forget.hidden = !kept.length;
}

wrong.addEventListener("click", () => {
  const { sentence1, sentence2, label } = props.value;
  const others = kept.filter((other) => !same(props.value)(other));
  keep(others.length < kept.length ? others : [...kept, { sentence1, sentence2, label: 1 - label }]);
});

download.addEventListener("click", () => {
  const lines = kept.map(({ sentence1, sentence2, label }) => JSON.stringify({ sentence1, sentence2, label }) + "\n");
  const link = make("a");
  link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
  link.download = "corrections.jsonl";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

send.addEventListener("click", async () => {
  const sent = kept;
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) };
  const answer = await fetch(`${window.gradio_config.root}/corrections`, request).catch(() => null);
  if (answer?.ok)
    keep(
      kept.filter((pair) => !sent.includes(pair)),
      "correction_sent",
    );
  else keep(kept, "correction_unsent");
});

forget.addEventListener("click", () => keep([]));
keepDrawn(draw);
