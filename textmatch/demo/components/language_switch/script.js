// Marks the link to the language shown. A click takes along the tab, the two sentences in the address, if it can hold
// them, and other texts in the browser's memory of this visit; tabs.js puts them back.
const shown = /^zh/i.test(navigator.language) ? "zh" : "en";
find(`[lang=${shown}]`).setAttribute("aria-current", "true");

element.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  const boxes = [...document.querySelectorAll("#tabs [data-testid=textbox]")];
  const typed = Object.fromEntries(boxes.map((box) => [box.closest("[id]").id, box.value]));
  const { sentence1, sentence2, ...others } = typed;
  sessionStorage.setItem("textmatch:typed", JSON.stringify(others));

  const target = new URL(location.pathname, location.origin);
  const tab = new URLSearchParams(location.search).get("tab");
  target.searchParams.set("lang", link.lang);
  if (tab) target.searchParams.set("tab", tab);
  link.href = target.href;
  if (sentence1) target.searchParams.set("a", sentence1);
  if (sentence2) target.searchParams.set("b", sentence2);
  if (target.href.length <= props.longest) link.href = target.href;
});
