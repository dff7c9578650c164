// Opens the tab that the address names (?tab=batch) and keeps the address up to date; puts back what was typed before
// the language changed; lets arrow keys go from tab to tab.
function restore(names) {
  const all = () => [...document.querySelectorAll("#tabs [role=tab]")];
  const closest = (event) => event.target.closest("#tabs [role=tab]");

  document.addEventListener("click", (event) => {
    const tab = closest(event);
    if (!tab) return;
    const address = new URL(location.href);
    address.searchParams.set("tab", tab.dataset.tabId);
    history.replaceState(history.state, "", address);
  });

  document.addEventListener("keydown", (event) => {
    const tabs = all();
    const at = tabs.indexOf(closest(event));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = tabs.at(to % tabs.length);
    next.focus();
    next.click();
  });

  const asked = new URLSearchParams(location.search).get("tab");
  const known = all().map((tab) => tab.dataset.tabId);
  const typed = JSON.parse(sessionStorage.getItem("textmatch:typed") ?? "{}");
  sessionStorage.removeItem("textmatch:typed");

  // Gradio knows the texts from the start, but draws a tab's boxes when it is first opened: only then can anything hear
  // that something was typed there.
  const waiting = new Set(Object.keys(typed));
  const observer = new MutationObserver(() => {
    for (const name of waiting) {
      const box = document.querySelector(`#${name} [data-testid=textbox]`);
      if (!box) continue;
      waiting.delete(name);
      requestAnimationFrame(() => {
        box.value = typed[name];
        box.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
    if (!waiting.size) observer.disconnect();
  });
  observer.observe(document.body, { childList: true, subtree: true });

  const update = (change) => ({ __type__: "update", ...change });
  return [
    update({ selected: known.includes(asked) ? asked : known[0] }),
    ...names.map((name) => update(name in typed ? { value: typed[name] } : {})),
  ];
}
