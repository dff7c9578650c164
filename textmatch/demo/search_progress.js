// What the templates of the search tab share: a bar that shows props.value.progress, {share, done, total, left} or null.
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
  count.textContent = progress?.done ? fill({ key: progress.left ? "search_left" : "search_count", ...progress }) : "";
}

