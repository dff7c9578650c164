// Refuses a file of another kind or too large, of which Gradio would complain in English. It listens in the capture
// phase, so Gradio never sees what is refused here.
const { place, suffixes, limit } = props;
const complaint = find(".tm-complaint");
let said = null;

function draw() {
  complaint.textContent = said ? fill(said) : "";
}

function fault(files) {
  if (files.length > 1) return { key: "upload_many" };
  for (const { name, size } of files) {
    if (!suffixes.some((suffix) => name.toLowerCase().endsWith(suffix))) {
      return { key: "table_error_kind", kinds: suffixes.join(", ") };
    }
    if (size > limit) return { key: "table_error_large", size: Math.ceil(size / 2 ** 20), limit: limit / 2 ** 20 };
  }
  return null;
}

function check(event) {
  if (!event.target.closest(`#${place}`)) return;
  said = fault(event.dataTransfer?.files ?? event.target.files ?? []);
  draw();
  if (!said) return;
  event.preventDefault();
  event.stopPropagation();
  // Gradio frames the box while a file is dragged over it.
  if (event.type === "drop") event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
}

function clear({ target }) {
  if (target.type === "file" || !target.closest("button, textarea")) return;
  said = null;
  draw();
}

// Gradio names its button in English; without that name, it is called by the text that it shows. And it writes that text
// once, in the language of the moment.
function rename() {
  document.querySelector(`#${place} button[aria-label]`)?.removeAttribute("aria-label");
  const box = document.querySelector(`#${place} [data-testid=upload-text]`);
  if (!box) return;
  const nodes = [];
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.nodeValue.trim()) nodes.push(walker.currentNode);
  const texts = [`${words.upload_drop} `, `– ${words.upload_or} –`, ` ${words.upload_click}`];
  nodes.slice(0, texts.length).forEach((node, i) => {
    if (node.nodeValue !== texts[i]) node.nodeValue = texts[i]; // the nodes stay: Gradio goes on using them
  });
}

keepDrawn(() => {
  draw();
  rename();
});
new MutationObserver(rename).observe(document.body, { childList: true, subtree: true });
for (const kind of ["drop", "change"]) document.addEventListener(kind, check, true);
for (const kind of ["input", "click"]) document.addEventListener(kind, clear, true);
