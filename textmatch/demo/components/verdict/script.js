function share({ name, share: part }) {
  const bar = make("span", "tm-share-bar");
  bar.style.setProperty("--share", part);
  bar.setAttribute("aria-hidden", "true");
  return make("li", "", bar, make("span", "tm-share-name", fill(name)), make("span", "tm-share", chance(part)));
}

function draw() {
  const { headline, tone, shares, right, warnings } = props.value;
  find(".tm-verdict-title").textContent = words.compare_verdict;
  find(".tm-verdict").dataset.tone = tone;
  setText(find(".tm-verdict-headline"), headline ? fill(headline) : words.verdict_waiting);
  find(".tm-warnings").replaceChildren(...warnings.map((warning) => make("li", "", fill(warning))));
  find(".tm-shares").replaceChildren(...shares.map(share));
  setText(find(".tm-right"), right ? fill(right) : "");
}

keepDrawn(draw);
