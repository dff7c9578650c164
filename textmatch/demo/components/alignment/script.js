// Words are set as text only; lines are measured between the chips, and again whenever their size changes.
const t = (key, fields = {}) => fill({ key: `alignment_${key}`, ...fields });
const nameOf = (verdict) => words[verdict.key] ?? verdict.name;
const said = (verdict) => ({ verdict: nameOf(verdict), confidence: chance(verdict.confidence) });

const stage = find(".tm-stage");
const svg = find(".tm-stage svg");
const rows = [...stage.querySelectorAll(".tm-words")];
const SIGNS = { same: "=", different: "≠", moved: "⇄", strange: "?" };

let chips = [[], []];
let picked = null; // [side, number] of the word that can be edited
let before = null; // the value whose words were first edited
let edited = null; // the sentences after the last edit
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
    with: chance(verdict.confidence),
    without: chance(word.confidence),
    alone: chance(word.alone),
    words: aligned.join(t("comma")),
    text: word.unknown.join(" "),
  };
  const keys = [];
  if (word.cut) keys.push("cut");
  if (word.trial) keys.push(word.trial);
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
  const same = props.value.rows.flat().some(({ trial }) => trial === "remove");
  return word.shared && !same ? "shared" : "untried";
}

// Choosing a word

function choose(at = picked) {
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

function counterpart(side, number) {
  const aligned = links.filter(({ ends }) => ends[side] === number).sort((a, b) => b.strength - a.strength);
  return aligned.length ? aligned[0].ends[1 - side] : Math.min(number, chips[1 - side].length - 1);
}

function move(event, side, number) {
  const acts = { Enter: () => control("word").select(), Delete: remove, Backspace: remove };
  if (event.altKey) Object.assign(acts, { ArrowLeft: () => exchange(-1), ArrowRight: () => exchange(1) });
  if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
    return;
  }
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

// What a word is marked as: a reason for one of the verdicts, one of them for having changed places; or nothing.
function signOf({ mark, trial }) {
  if (mark === "none") return null;
  return mark === "different" && trial === "exchange" ? "moved" : mark;
}

function makeChip(word, side, number) {
  const chip = make("button", "tm-chip", make("span", "tm-text", word.text));
  chip.type = "button";
  chip.tabIndex = number ? -1 : 0;
  const sign = signOf(word);
  if (sign) chip.append(make("span", "tm-sign", SIGNS[sign]));
  if (word.unknown.length) chip.append(make("span", "tm-odd", SIGNS.strange));
  chip.dataset.mark = word.mark;
  chip.dataset.read = word.cut ? (word.importance === null ? "none" : "part") : "all";
  chip.classList.toggle("tm-alone", !word.aligned);
  chip.style.setProperty("--importance", Math.min(1, Math.abs(word.importance ?? 0)));
  const marks = [];
  if (sign) marks.push(t(sign));
  if (!word.aligned && !word.cut) marks.push(t("alone"));
  chip.setAttribute("aria-label", [word.text, ...marks, description(side, number)].join(t("comma")));
  chip.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && choose([side, number]));
  chip.addEventListener("focus", () => {
    for (const other of chips[side]) other.tabIndex = other === chip ? 0 : -1;
    pick([side, number]);
  });
  chip.addEventListener("click", () => chip.focus());
  chip.addEventListener("keydown", (event) => move(event, side, number));
  return chip;
}

stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && choose());

// Editing: the picked word is changed in its box, as if it had been typed there

const editor = find(".tm-edit");
const control = (name) => find(`.tm-edit-${name}`);

// A new word for the picked one; in its place, empty or not, or with its neighbour's.
function edit(replacements) {
  const [side] = picked;
  const characters = [...props.value.texts[side]];
  const row = props.value.rows[side];
  for (const [number, text] of [...replacements].sort(([a], [b]) => b - a)) {
    characters.splice(row[number].start, row[number].end - row[number].start, ...text);
  }
  const texts = [...props.value.texts];
  texts[side] = characters.join("");
  if (!texts[side].trim() || texts[side] === props.value.texts[side]) return;
  before ??= props.value;
  write(texts);
}

function write(texts) {
  edited = texts;
  texts.forEach((text, side) => {
    const box = document.querySelector(`#sentence${side + 1} :is(input, textarea)`);
    if (!box || box.value === text) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.dispatchEvent(new Event("textmatch:ask"));
}

function exchange(step) {
  const [side, number] = picked;
  const row = props.value.rows[side];
  if (!row[number + step]) return;
  edit([
    [number, row[number + step].text],
    [number + step, row[number].text],
  ]);
  picked = [side, number + step];
}

function remove() {
  edit([[picked[1], ""]]);
}

// The word of the other sentence that the picked one is aligned with, if it is another word.
function other() {
  const [side, number] = picked;
  const link = links.find(({ ends }) => ends[side] === number);
  const word = link && props.value.rows[1 - side][link.ends[1 - side]].text;
  return word === props.value.rows[side][number].text ? undefined : word;
}

function pick(at) {
  picked = at;
  editor.hidden = !at;
  choose();
  if (!at) return;
  const [side, number] = at;
  const row = props.value.rows[side];
  const { text } = row[number];
  control("word").value = text;
  control("word").setAttribute("aria-label", t("edit_word", { word: text }));
  control("change").textContent = t("edit_change");
  control("delete").textContent = t("edit_delete");
  control("left").textContent = t("edit_left");
  control("right").textContent = t("edit_right");
  control("meet").hidden = !other();
  control("meet").textContent = t("edit_meet", { word: other() });
  control("delete").disabled = row.length === 1;
  control("left").disabled = !number;
  control("right").disabled = number === row.length - 1;
}

editor.addEventListener("submit", (event) => {
  event.preventDefault();
  edit([[picked[1], control("word").value]]);
});
control("meet").addEventListener("click", () => edit([[picked[1], other()]]));
control("delete").addEventListener("click", remove);
control("left").addEventListener("click", () => exchange(-1));
control("right").addEventListener("click", () => exchange(1));
editor.addEventListener("keydown", (event) => event.key === "Escape" && chips[picked[0]][picked[1]].focus());
find(".tm-before-back").addEventListener("click", () => write(before.texts));

function drawSide(place, value, key) {
  place.querySelector(".tm-side-title").textContent = t(key);
  const verdict = place.querySelector(".tm-side-verdict");
  verdict.textContent = t("side", { ...said(value.verdict), score: value.score });
  verdict.dataset.mark = { alignment_matched: "same", alignment_not_matched: "different" }[value.verdict.key];
  const shown = value.texts.filter((text, side) => text !== (value === before ? edited : before.texts)[side]);
  place.querySelector("div").replaceChildren(...shown.map((text) => make("p", "", text)));
}

// The answer before the edits beside that to them, as long as nothing else has changed the sentences.
function compareWithBefore() {
  const { verdict, texts } = props.value;
  const same = (others) => texts.every((text, side) => text === others?.[side]);
  if (!verdict || !same(edited) || same(before?.texts)) before = edited = null;
  find(".tm-before").hidden = !before;
  if (!before) return;
  const sides = element.querySelectorAll(".tm-side");
  drawSide(sides[0], before, "before");
  drawSide(sides[1], props.value, "now");
  find(".tm-before-back").textContent = t("back");
}

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
    different: all.some((word) => signOf(word) === "different"),
    moved: all.some((word) => signOf(word) === "moved"),
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

// A change that turns the verdict in words; `key` is the text that it begins with.
function turning(key, found) {
  if (!found) return [];
  const edits = found.edits.flatMap((edit, i) => [i ? t("and") : "", ...marked(edit)]);
  return [t(key, said(found.verdict)), ...edits, t("stop")];
}

function changedSentences(found) {
  const tags = { same: "span", deleted: "del", inserted: "ins" };
  return (found?.sentences ?? []).map(([number, parts]) =>
    make(
      "p",
      "",
      make("span", "tm-which", t(`row_${number}`)),
      ...parts.map(({ text, kind }) => make(tags[kind], "", text)),
    ),
  );
}

function draw() {
  const { verdict, rows: all, lines, messages, counterfactual, weakness } = props.value;
  const at = verdict && element.contains(document.activeElement) ? picked : null;
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
  find(".tm-turn").replaceChildren(...turning("turn", counterfactual));
  find(".tm-turned").replaceChildren(...changedSentences(counterfactual));
  find(".tm-weak").hidden = !weakness;
  find(".tm-weak-turn").replaceChildren(...turning("weak", weakness));
  find(".tm-weak-turned").replaceChildren(...changedSentences(weakness));
  find(".tm-why-messages").replaceChildren(...messages.map((key) => make("li", "", words[key])));
  compareWithBefore();
  pick(null);
  place();
  if (at) chips[at[0]].at(Math.min(at[1], chips[at[0]].length - 1))?.focus();
}

keepDrawn(draw);
const observer = new ResizeObserver(place);
for (const part of [stage, ...rows]) observer.observe(part);
