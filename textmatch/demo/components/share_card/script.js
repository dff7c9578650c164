// One click makes the picture; it never leaves the browser unless the visitor saves or copies it.
const dialog = find("dialog");
const picture = find(".tm-card-picture");
const button = (name) => find(`.tm-card-${name}`);
let blob = null;
let said = "";

const say = (key) => {
  said = key;
  setText(find(".tm-card-said"), words[key] ?? "");
};

function draw() {
  button("make").hidden = !props.value;
  for (const name of ["make", "save", "copy", "close"]) button(name).textContent = words[`card_${name}`];
  button("copy").hidden = !(navigator.clipboard?.write && window.ClipboardItem);
  dialog.setAttribute("aria-label", words.card_make);
  say(said);
}

async function show() {
  const { question, answer } = props.value;
  const pair = question.slice(0, 2);
  const link = decodeURI(pairLink(pair, question[2], props.model)); // as the address bar shows it
  const canvas = drawCard(props.value, link, location.host + location.pathname.replace(/\/$/, ""));
  blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  URL.revokeObjectURL(picture.src);
  picture.src = button("save").href = URL.createObjectURL(blob);
  picture.alt = [fill(answer.verdict.headline), ...pair].join(" · ");
  say("");
  dialog.showModal();
}

async function copy() {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    say("card_copied");
  } catch {
    say("card_uncopied");
  }
}

button("make").addEventListener("click", show);
button("copy").addEventListener("click", copy);
button("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
keepDrawn(draw);
