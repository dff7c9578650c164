// Marks the link to the language shown; both take along what stands in the boxes, if an address can hold it.
const shown = /^zh/i.test(navigator.language) ? "zh" : "en";
element.querySelector(`[lang=${shown}]`).setAttribute("aria-current", "true");

element.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  const target = new URL(location.pathname, location.origin);
  target.searchParams.set("lang", link.lang);
  [1, 2].forEach((position) => {
    const box = document.querySelector(`#sentence${position} :is(input, textarea)`);
    if (box?.value) target.searchParams.set("ab"[position - 1], box.value);
  });
  if (target.href.length <= 6000) link.href = target.href;
});
