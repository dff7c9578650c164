// Refuses a file of another kind or too large, of props.value, {place, kinds, limit}, before it is sent, and says so in
// words of ours: Gradio would say it in English. It listens above Gradio, so that what it refuses never gets there.
const { place, kinds, limit } = props.value;
const said = element.querySelector("p");

function complaint(files) {
  if (files.length > 1) return words.file_many;
  for (const { name, size } of files) {
    if (!kinds.some((kind) => name.toLowerCase().endsWith(kind))) return fill({ key: "file_kind", kinds: kinds.join(", ") });
    if (size > limit) return fill({ key: "file_large", size: Math.ceil(size / 2 ** 20), limit: limit / 2 ** 20 });
  }
  return "";
}

function check(event) {
  if (!event.target.closest(`#${place}`)) return;
  said.textContent = complaint(event.dataTransfer?.files ?? event.target.files ?? []);
  if (!said.textContent) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.type === "drop") event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true })); // no frame stays
}

function rename() {
  document.querySelector(`#${place} button[aria-label]`)?.removeAttribute("aria-label"); // English; what it shows is not
}

rename();
new MutationObserver(rename).observe(document.body, { childList: true, subtree: true });
for (const kind of ["drop", "change"]) document.addEventListener(kind, check, true);
for (const kind of ["input", "click"]) {
  document.addEventListener(kind, ({ target }) => {
    if (target.type !== "file" && target.closest("button, textarea")) said.textContent = "";
  }, true);
}
