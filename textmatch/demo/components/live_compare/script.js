// Listens to the boxes #sentence1 and #sentence2, to the buttons #compare and #link and to the events `textmatch:ask`,
// `textmatch:changed` and `textmatch:failed`. #answer is dimmed as long as it answers another question than the one that
// stands in the boxes, and hidden if no answer comes.
const box = (position) => document.querySelector(`#sentence${position} :is(input, textarea)`);
const plain = (text) => text.replace(/\r\n?/g, "\n");
const sentences = () => [1, 2].map((position) => plain(box(position)?.value ?? ""));
const isEmpty = (texts) => texts.every((text) => !text);

let chosen = props.model;
let shown = null; // the question whose answer is on the page
let asked = false;
let said = ""; // the key of the text in the line
let problems = ["", ""];
let pause, patience;

const same = (question) => [...sentences(), chosen].every((part, i) => part === plain(question?.[i] ?? ""));

function say(key) {
  said = key;
  setText(find(".tm-said"), words[key] ?? "");
}

function dim(state) {
  const answer = document.querySelector("#answer");
  if (!answer) return;
  answer.dataset.state = state ?? (shown && !same(shown) ? "stale" : "fresh");
  answer.setAttribute("aria-busy", answer.dataset.state === "stale");
}

// The address names the chosen model, so that it stays when the page is loaded anew.
function setModel(name) {
  chosen = name;
  const address = new URL(location.href);
  if (chosen === props.model) address.searchParams.delete("model");
  else address.searchParams.set("model", chosen);
  history.replaceState(history.state, "", address);
}

function lay() {
  clearTimeout(patience);
  shown = null;
  trigger("clear");
  dim();
}

function complain(found) {
  problems = found;
  document.dispatchEvent(new CustomEvent("textmatch:problems", { detail: problems }));
}

// Ask at once. While somebody types, an empty box is no question yet.
function ask(typing = false) {
  clearTimeout(pause);
  clearTimeout(patience);
  asked = true;
  if (typing && !sentences().every((sentence) => sentence.trim())) {
    complain(["", ""]);
    lay();
    return;
  }
  patience = setTimeout(() => {
    say("compare_no_answer");
    dim("gone");
  }, props.patience);
  trigger("submit");
}

function typed(event) {
  if (!event.target.closest("#pair")) return;
  clearTimeout(pause);
  say("");
  dim();
  // While an input method composes, what stands in the box is not Chinese yet.
  if (!event.isComposing) pause = setTimeout(ask, props.pause, true);
}

// Take the reply if it answers what stands in the boxes now. The one that opens the page fills them if they are empty.
function take() {
  const reply = props.value;
  if (!reply) return;
  if (reply.opening) chosen = reply.question[2];
  if (!same(reply.question) && !(reply.opening && isEmpty(sentences()))) {
    if (reply.opening && !asked) ask(true);
    return;
  }
  clearTimeout(patience);
  if (said === "compare_no_answer") say("");
  complain(reply.problems);
  shown = reply.answer && reply.question;
  if (reply.answer || reply.opening) trigger("apply");
  else lay();
  // Boxes that are filled get their text a little later, and say that they have changed.
  if (same(reply.question)) dim();
}

async function copyLink() {
  const link = pairLink(sentences(), chosen, props.model);
  if (isEmpty(sentences().map((sentence) => sentence.trim()))) say("compare_link_empty");
  else if (link.length > props.longest) say("compare_link_long");
  else say((await copyText(link)) ? "compare_link_copied" : "copy_failed");
}

// The boxes and buttons are Gradio's and may be drawn after this script has run: listen to the whole document.
const listen = (name, heard) => document.addEventListener(name, (event) => element.isConnected && heard(event));
listen("input", typed);
listen("compositionend", typed);
listen("keydown", (event) => {
  const asks = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (asks && event.target.closest("#pair .tm-pair-box")) ask();
});
listen("click", (event) => {
  if (event.target.closest("#link")) copyLink();
  if (event.target.closest("#compare")) ask();
});
listen("textmatch:ask", () => ask(true));
listen("textmatch:changed", ({ detail }) => {
  const another = detail && detail !== chosen;
  if (another) setModel(detail);
  setTimeout(another ? ask : dim, 0, another || undefined);
});
listen("textmatch:failed", lay);
listen("textmatch:language", () => {
  say(said);
  if (!isEmpty(problems)) ask(); // the server words what is wrong
});
// The page may have its first answer before this tab was opened.
requestAnimationFrame(take);
watch("value", take);
