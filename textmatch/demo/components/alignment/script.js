// Words are set as text only; lines are measured between the chips, and again whenever their size changes.
const t = (key, fields = {}) => fill({ key: `alignment_${key}`, ...fields });
const nameOf = (verdict) => words[verdict.key] ?? verdict.name;
const said = (verdict) => ({ verdict: nameOf(verdict), confidence: percent(verdict.confidence) });

const stage = find(".tm-stage");
const svg = find(".tm-stage svg");
const rows = [...stage.querySelectorAll(".tm-words")];
const SIGNS = { same: "=", different: "≠", strange: "?" };

let chips = [[], []];
let links = []; // {ends: [number in row 1, number in row 2], strength, curve}

// What is said of one word

function alignedWith(side, number) {
  const other = props.value.rows[1 - side];
  return links
    .filter(({ ends }) => ends[side] === number)
    .map(({ ends }) => t("each", { word: other[ends[1 - side]].text }));
}

function description(side, number) {
  const { verdict, rows: all } = props.value;
  const word = all[side][number];
  const aligned = alignedWith(side, number);
  const fields = {
    word: word.text,
    verdict: nameOf(verdict),
    with: percent(verdict.confidence),
    without: percent(word.confidence),
    alone: percent(word.alone),
    words: aligned.join(t("comma")),
    text: word.unknown.join(" "),
  };
  const keys = [];
  if (word.cut) keys.push("cut");
  if (word.trial) keys.push(word.trial === "agree" ? "agree" : "remove");
  else if (!word.cut) keys.push(untried(word, all[side]));
  if (aligned.length) keys.push("met");
  else if (!word.cut) keys.push("unmet");
  if (word.unknown.length) keys.push("unknown");
  else if (!word.known) keys.push("spelled");
  return keys.map((key) => t(key, fields)).join(t("space"));
}

// Why nothing was tried with a word.
function untried(word, row) {
  if (row.length === 1) return "only";
  return word.shared ? "shared" : "untried";
}

// Choosing a word

function choose(at) {
  for (const chip of chips.flat()) {
    chip.classList.remove("tm-near");
  }
  if (at) chips[at[0]][at[1]].classList.add("tm-near");
  for (const { ends, curve } of links) {
    const lit = at !== null && ends[at[0]] === at[1];
    curve.classList.toggle("tm-lit", lit);
    if (lit) chips[1 - at[0]][ends[1 - at[0]]].classList.add("tm-near");
  }
  stage.classList.toggle("tm-choosing", at !== null);
  const { verdict } = props.value;
  const hint = verdict ? t("hint", said(verdict)) : t("rest");
  find(".tm-why-say").textContent = at ? description(...at) : hint;
}

function focused() {
  for (const side of [0, 1]) {
    const number = chips[side].indexOf(document.activeElement);
    if (number >= 0) return [side, number];
  }
  return null;
}

function counterpart(side, number) {
  const aligned = links.filter(({ ends }) => ends[side] === number).sort((a, b) => b.strength - a.strength);
  return aligned.length ? aligned[0].ends[1 - side] : Math.min(number, chips[1 - side].length - 1);
}

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

function makeChip(word, side, number) {
  const chip = make("button", "tm-chip", make("span", "tm-text", word.text));
  chip.type = "button";
  chip.tabIndex = number ? -1 : 0;
  if (word.mark !== "none") chip.append(make("span", "tm-sign", SIGNS[word.mark]));
  if (word.unknown.length) chip.append(make("span", "tm-odd", SIGNS.strange));
  chip.dataset.mark = word.mark;
  chip.dataset.read = word.cut ? (word.importance === null ? "none" : "part") : "all";
  chip.classList.toggle("tm-alone", !word.aligned);
  chip.style.setProperty("--importance", Math.min(1, Math.abs(word.importance ?? 0)));
  const marks = [];
  if (word.mark !== "none") marks.push(t(word.mark));
  if (!word.aligned && !word.cut) marks.push(t("alone"));
  chip.setAttribute("aria-label", [word.text, ...marks, description(side, number)].join(t("comma")));
  chip.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && choose([side, number]));
  chip.addEventListener("focus", () => {
    for (const other of chips[side]) other.tabIndex = other === chip ? 0 : -1;
    choose([side, number]);
  });
  chip.addEventListener("click", () => chip.focus());
  chip.addEventListener("keydown", (event) => move(event, side, number));
  return chip;
}

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
  for (const { ends, curve } of links) {
    const [from, to] = [box(chips[0][ends[0]]), box(chips[1][ends[1]])];
    const bend = (to.top - from.bottom) / 2;
    const bends = `${from.x} ${from.bottom + bend} ${to.x} ${to.top - bend}`;
    curve.setAttribute("d", `M ${from.x} ${from.bottom} C ${bends} ${to.x} ${to.top}`);
  }
}

function makeLink([first, second, strength]) {
  const curve = makeSvg("path", { class: "tm-line" });
  curve.style.setProperty("--strength", strength);
  return { ends: [first, second], strength, curve };
}

// Legend and counterfactual

function legend() {
  const all = props.value.rows.flat();
  const shown = {
    same: all.some(({ mark }) => mark === "same"),
    different: all.some(({ mark }) => mark === "different"),
    bar: all.some(({ mark }) => mark !== "none"),
    alone: all.some(({ aligned, cut }) => !aligned && !cut),
    strange: all.some(({ unknown }) => unknown.length),
    unread: all.some(({ cut }) => cut),
    line: links.length > 0,
  };
  const keys = Object.keys(shown).filter((key) => shown[key]);
  return keys.map((key) => make("li", "", make("span", `tm-sample tm-sample-${key}`, SIGNS[key] ?? ""), t(key)));
}

// The text of an edit with its fields, quotation marks and all, marked.
function marked({ key, ...fields }) {
  const pieces = words[key].split(/(["“「]\{\w+\}["”」])/);
  return pieces.map((piece, i) => (i % 2 ? make("mark", "", fillIn(piece, fields)) : piece));
}

function counterfactual() {
  const { counterfactual: found } = props.value;
  if (!found) return [];
  const edits = found.edits.flatMap((edit, i) => [i ? t("and") : "", ...marked(edit)]);
  return [t("turn", said(found.verdict)), ...edits, t("stop")];
}

function changedSentences() {
  const tags = { same: "span", deleted: "del", inserted: "ins" };
  return (props.value.counterfactual?.sentences ?? []).map(([number, parts]) =>
    make(
      "p",
      "",
      make("span", "tm-which", t(`row_${number}`)),
      ...parts.map(({ text, kind }) => make(tags[kind], "", text)),
    ),
  );
}

function draw() {
  const { verdict, rows: all, lines, messages } = props.value;
  const at = focused();
  find(".tm-why-title").textContent = t("title");
  find(".tm-why").dataset.state = verdict ? "drawn" : "rest";
  links = lines.map(makeLink);
  svg.replaceChildren(...links.map(({ curve }) => curve));
  chips = all.map((row, side) => row.map((word, number) => makeChip(word, side, number)));
  rows.forEach((row, side) => {
    row.setAttribute("aria-label", t(`row_${side + 1}`));
    row.replaceChildren(...chips[side]);
  });
  find(".tm-legend").replaceChildren(...legend());
  find(".tm-turn").replaceChildren(...counterfactual());
  find(".tm-turned").replaceChildren(...changedSentences());
  find(".tm-why-messages").replaceChildren(...messages.map((key) => make("li", "", words[key])));
  choose(null);
  place();
  if (at) chips[at[0]].at(Math.min(at[1], chips[at[0]].length - 1))?.focus();
}

keepDrawn(draw);
const observer = new ResizeObserver(place);
for (const part of [stage, ...rows]) observer.observe(part);
