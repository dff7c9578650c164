// Marks the link to the language shown. A click loads the page anew in its place in the browser's history: there tabs.js
// keeps what was typed. The links themselves are for those who open them elsewhere.
const shown = /^zh/i.test(navigator.language) ? "zh" : "en";
find(`[lang=${shown}]`).setAttribute("aria-current", "true");
element.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const target = new URL(location.href);
  target.searchParams.set("lang", link.lang);
  document.dispatchEvent(new Event("textmatch:leave"));
  history.replaceState(history.state, "", target);
  location.reload();
});
