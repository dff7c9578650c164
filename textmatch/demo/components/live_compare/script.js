// Listens to the boxes #sentence1 and #sentence2, to the button #link and to the event `textmatch:ask`.
const said = find(".tm-said");
const box = (position) => document.querySelector(`#sentence${position} :is(input, textarea)`);
const sentences = () => [box(1).value, box(2).value];
let pause;

function ask() {
  clearTimeout(pause);
  trigger(sentences().every((sentence) => sentence.trim()) ? "submit" : "clear");
}

function typed(event) {
  if (event.isComposing || !event.target.closest("#pair")) return;
  clearTimeout(pause);
  said.textContent = "";
  pause = setTimeout(ask, props.pause);
}

async function copyLink() {
  const link = new URL(location.pathname, location.origin);
  sentences().forEach((sentence, i) => link.searchParams.set("ab"[i], sentence));
  if (!sentences().some((sentence) => sentence.trim())) said.textContent = words.compare_link_empty;
  else if (link.href.length > props.longest) said.textContent = words.compare_link_long;
  else said.textContent = (await copyText(link.href)) ? words.compare_link_copied : words.copy_failed;
}

// The boxes and buttons are Gradio's and may be drawn after this script has run: listen to the whole document.
const listen = (name, heard) => document.addEventListener(name, (event) => element.isConnected && heard(event));
listen("input", typed);
listen("compositionend", typed);
listen("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest("#pair")) clearTimeout(pause);
});
listen("click", (event) => {
  if (event.target.closest("#link")) copyLink();
});
listen("textmatch:ask", () => {
  said.textContent = "";
  ask();
});
