// Opens the tab that the address names (?tab=batch) and keeps the address up to date; puts back what was typed before the
// page was loaded anew after a lost connection; lets arrow keys go from tab to tab; names the tabs and the page in the
// language that is shown.
//
// What was typed is kept in this entry of the browser's history. Unlike the storage of a visit it is there in every
// frame: in one of another site, such as a Space, browsers may block storage, and then even asking for it throws.
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

  // Gradio names a tab in another language only when it is opened.
  function name() {
    const texts = window.gradio_config.i18n_translations;
    const text = (key) => (texts[navigator.language] ?? texts.en)["tm_" + key];
    for (const tab of all()) tab.firstChild.textContent = text(`page_${tab.dataset.tabId}`);
    document.title = text("page_heading").split("\n")[0].replace("# ", "");
  }
  document.addEventListener("textmatch:language", name);
  name();

  const asked = new URLSearchParams(location.search).get("tab");
  const known = all().map((tab) => tab.dataset.tabId);
  const typed = history.state?.typed ?? {};

  const keep = () => {
    const boxes = names.map((name) => [name, document.querySelector(`#${name} [data-testid=textbox]`)?.value]);
    const now = Object.fromEntries(boxes.map(([name, value]) => [name, value ?? typed[name]]));
    history.replaceState({ ...history.state, typed: now }, "");
  };
  addEventListener("beforeunload", keep); // Gradio loads the page anew when a lost connection is back

  // Gradio knows the texts from the start, but draws a tab's boxes when it is first opened: only then can anything hear
  // that something was typed there.
  const waiting = new Set(names.filter((name) => typed[name]));
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
    ...names.map((name) => update(typed[name] ? { value: typed[name] } : {})),
  ];
}
