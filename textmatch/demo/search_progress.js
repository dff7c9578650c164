// What the templates of the search tab share: words, and a bar that shows props.value.progress, {share, count} or null.
const words = props.words[/^zh/i.test(navigator.language) ? "zh" : "en"];
const fill = ({ key, ...fields }) => words[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
const find = (name) => element.querySelector(name);

// Only a new text is spoken.
function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function drawProgress(progress) {
  const place = find(".tm-search-progress");
  const [bar, count] = place.children;
  place.hidden = progress === null;
  bar.setAttribute("aria-label", words.search_progress);
  if (typeof progress?.share === "number") bar.value = progress.share;
  else bar.removeAttribute("value");
  count.textContent = progress?.count ? fill(progress.count) : "";
}

