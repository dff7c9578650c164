// Draws props.value (`Drawing` in alignment.py). Words are set as text only; lines are measured between the chips, and
// measured again whenever the size changes.
const t = (key) => words[`alignment_${key}`];
const percent = (share) => `${Math.round(share * 100)}%`;
const nameOf = (verdict) => words[verdict.key] ?? verdict.name;

const find = (name) => element.querySelector(name);
const stage = find(".tm-stage");
const svg = stage.querySelector("svg");
const rows = [...stage.querySelectorAll(".tm-words")];
const make = (tag, name, text = "") => {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
};

let chips = [[], []];
let links = []; // {ends: [i, j], strength, curve}

find(".tm-why-title").textContent = t("title");
rows.forEach((row, side) => row.setAttribute("aria-label", t(`row${side + 1}`)));

// What is said of one word

function sentences(side, number) {
  const { verdict, rows: all } = props.value;
  const chip = all[side][number];
  const met = links.filter(({ ends }) => ends[side] === number).map(({ ends, strength }) => {
    const other = all[1 - side][ends[1 - side]].text;
    return fillIn(t("each"), { word: other, share: percent(strength) });
  });
  const fields = { word: chip.text, verdict: nameOf(verdict), with: percent(verdict.confidence) };
  fields.without = percent(verdict.confidence - (chip.effect ?? 0));
  fields.words = met.join(t("comma"));
  fields.text = chip.unknown.join(" ");
  const tried = chip.effect !== null;
  const said = [];
  if (chip.cut) said.push("cut");
  if (tried) said.push(fields.with === fields.without ? "unchanged" : "changed");
  else if (!chip.cut) said.push(all[side].length === 1 ? "only" : "untried");
  if (met.length || tried) said.push(met.length ? "met" : "unmet");
  if (chip.unknown.length) said.push("unknown");
  else if (!chip.known) said.push("spelled");
  return said.map((key) => fillIn(t(key), fields)).join(t("space"));
}

// Choosing a word

function choose(at) {
  const { verdict } = props.value;
  for (const chip of chips.flat()) {
    chip.classList.remove("tm-near");
    delete chip.dataset.share;
  }
  if (at) chips[at[0]][at[1]].classList.add("tm-near");
  for (const { ends, strength, curve } of links) {
    const lit = at !== null && ends[at[0]] === at[1];
    curve.classList.toggle("tm-lit", lit);
    if (!lit) continue;
    const other = chips[1 - at[0]][ends[1 - at[0]]];
    other.classList.add("tm-near");
    other.dataset.share = percent(strength);
  }
  stage.classList.toggle("tm-choosing", at !== null);
  find(".tm-why-say").textContent = at
    ? sentences(...at)
    : verdict ? fillIn(t("hint"), { verdict: nameOf(verdict), confidence: percent(verdict.confidence) }) : t("rest");
}

function focused() {
  for (const side of [0, 1]) {
    const number = chips[side].indexOf(document.activeElement);
    if (number >= 0) return [side, number];
  }
  return null;
}

const counterpart = (side, number) => {
  const met = links.filter(({ ends }) => ends[side] === number).sort((a, b) => b.strength - a.strength);
  return met.length ? met[0].ends[1 - side] : Math.min(number, chips[1 - side].length - 1);
};

function move(event, side, number) {
  const last = chips[side].length - 1;
  const to = {
    ArrowRight: () => [side, Math.min(number + 1, last)],
    ArrowLeft: () => [side, Math.max(number - 1, 0)],
    Home: () => [side, 0],
    End: () => [side, last],
    ArrowDown: () => [1, side ? number : counterpart(0, number)],
    ArrowUp: () => [0, side ? counterpart(1, number) : number],
  }[event.key]?.();
  if (!to) return;
  event.preventDefault();
  chips[to[0]][to[1]].focus();
}

function chip(word, side, number) {
  const made = make("button", "tm-chip");
  made.type = "button";
  made.tabIndex = number ? -1 : 0;
  made.append(make("span", "tm-text", word.text));
  const sign = { for: "＋", against: "－" }[word.mark];
  if (sign) made.append(make("span", "tm-sign", sign));
  if (word.unknown.length) made.append(make("span", "tm-odd", "?"));
  made.dataset.mark = word.mark;
  made.dataset.read = word.cut ? (word.effect === null ? "none" : "part") : "all";
  made.classList.toggle("tm-alone", !word.met);
  made.style.setProperty("--effect", Math.min(1, Math.abs(word.effect ?? 0)));
  made.setAttribute("aria-label", [word.text, ...marks(word), sentences(side, number)].join(t("comma")));
  made.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && choose([side, number]));
  made.addEventListener("focus", () => {
    for (const other of chips[side]) other.tabIndex = other === made ? 0 : -1;
    choose([side, number]);
  });
  made.addEventListener("click", () => made.focus());
  made.addEventListener("keydown", (event) => move(event, side, number));
  return made;
}

const marks = (word) => [
  ...(word.mark === "none" ? [] : [t(word.mark)]),
  ...(word.met || word.cut ? [] : [t("alone")]),
];

stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && choose(focused()));
stage.addEventListener("focusout", () => queueMicrotask(() => stage.isConnected && choose(focused())));

// Lines

function box(chip) {
  const [own, all] = [chip.getBoundingClientRect(), stage.getBoundingClientRect()];
  return { x: own.left - all.left + own.width / 2, top: own.top - all.top, bottom: own.bottom - all.top };
}

function place() {
  svg.setAttribute("width", stage.clientWidth);
  svg.setAttribute("height", stage.clientHeight);
  for (const link of links) {
    const [from, to] = [box(chips[0][link.ends[0]]), box(chips[1][link.ends[1]])];
    const bend = (to.top - from.bottom) / 2;
    link.curve.setAttribute(
      "d",
      `M ${from.x} ${from.bottom} C ${from.x} ${from.bottom + bend} ${to.x} ${to.top - bend} ${to.x} ${to.top}`,
    );
  }
}

function link([first, second, strength]) {
  const curve = document.createElementNS("http://www.w3.org/2000/svg", "path");
  curve.setAttribute("class", "tm-line");
  curve.style.setProperty("--strength", strength);
  return { ends: [first, second], strength, curve };
}

// Legend, turn, notes

function legend() {
  const all = props.value.rows.flat();
  const shown = {
    for: all.some(({ mark }) => mark === "for"),
    against: all.some(({ mark }) => mark === "against"),
    bar: all.some(({ mark }) => mark !== "none"),
    alone: all.some(({ met, cut }) => !met && !cut),
    strange: all.some(({ unknown }) => unknown.length),
    unread: all.some(({ cut }) => cut),
    line: links.length > 0,
  };
  return Object.keys(shown).filter((key) => shown[key]).map((key) => {
    const item = make("li", "");
    const sample = make("span", `tm-sample tm-sample-${key}`, { for: "＋", against: "－", strange: "?" }[key]);
    item.append(sample, t(key));
    return item;
  });
}

function phrase(text, fields) { // the text with its fields, quotes and all, marked
  return text.split(/(["「]\{\w+\}["」])/).map((piece, i) => (i % 2 ? make("mark", "", fillIn(piece, fields)) : piece));
}

function turn() {
  const { turn: turned, verdict } = props.value;
  const told = find(".tm-turn");
  if (!turned) return told.replaceChildren(verdict ? t("steady") : "");
  const fields = { verdict: nameOf(turned.verdict), confidence: percent(turned.verdict.confidence) };
  const changes = turned.changes.flatMap(({ key, ...change }, i) => [
    i ? t("and") : "", ...phrase(words[key], change),
  ]);
  return told.replaceChildren(fillIn(t("turn"), fields), ...changes, t("stop"));
}

function turned() {
  return (props.value.turn?.sentences ?? []).map(([number, parts]) => {
    const line = make("p", "");
    const tags = { same: "span", gone: "del", new: "ins" };
    line.append(make("span", "tm-which", t(`row${number}`)), ...parts.map(({ text, kind }) => make(tags[kind], "", text)));
    return line;
  });
}

function draw() {
  const { verdict, rows: all, lines, notes } = props.value;
  const at = focused();
  find(".tm-why").dataset.state = verdict ? "drawn" : "rest";
  links = lines.map(link);
  svg.replaceChildren(...links.map(({ curve }) => curve));
  chips = all.map((row, side) => row.map((word, number) => chip(word, side, number)));
  rows.forEach((row, side) => row.replaceChildren(...chips[side]));
  find(".tm-legend").replaceChildren(...legend());
  turn();
  find(".tm-turned").replaceChildren(...turned());
  find(".tm-why-notes").replaceChildren(...notes.map((key) => make("li", "", words[key])));
  choose(null);
  place();
  if (at) chips[at[0]].at(Math.min(at[1], chips[at[0]].length - 1))?.focus();
}

draw();
watch("value", draw);
const observer = new ResizeObserver(place);
for (const part of [stage, ...rows]) observer.observe(part);
