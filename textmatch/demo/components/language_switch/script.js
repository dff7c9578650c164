// Gradio's own texts change by the function that its settings use; `core` is the module that has it. Ours follow the event
// `textmatch:language`. The links have addresses for those who open them elsewhere.
function draw() {
  const shown = /^zh/i.test(navigator.language) ? navigator.language : "en";
  for (const link of element.querySelectorAll("a")) {
    if (link.lang === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

async function change(language) {
  const { changeLocale } = await import(new URL(props.core, document.querySelector("script[type=module][src]").src));
  const address = new URL(location.href);
  address.searchParams.set("lang", language); // the server words its messages by it
  history.replaceState(history.state, "", address);
  document.dispatchEvent(new CustomEvent("textmatch:language", { detail: language }));
  changeLocale(navigator.language);
}

element.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  change(link.lang);
});
keepDrawn(draw);
