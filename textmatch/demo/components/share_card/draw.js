// Draws the card on a canvas, in day colours wherever it is looked at.
const CARD = { width: 1080, edge: 64, scale: 2 };
const INK = { same: "#0f766e", different: "#b4451f", unsure: "#8f5f00", other: "#292524" };
const PLAIN = { paper: "#faf8f3", body: "#292524", soft: "#6b665d", line: "#d9d3c6", white: "#ffffff" };
const CHIP = { height: 58, pad: 16, gap: 12, row: 74, most: 3 }; // at most so many rows of words a sentence
const MOST_LINES = 3; // of a sentence that is written out

const fontOf = (size, weight = 400) => `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;

function write(pen, text, x, y, { size, weight, colour = PLAIN.body, align = "left" }) {
  pen.font = fontOf(size, weight);
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.fillText(text, x, y);
}

// The text in lines of at most `width`; what does not fit ends with an ellipsis.
function linesOf(pen, text, width) {
  const lines = [""];
  for (const character of text.replace(/\s+/g, " ")) {
    if (pen.measureText(lines.at(-1) + character).width <= width) lines[lines.length - 1] += character;
    else if (lines.length < MOST_LINES) lines.push(character);
    else {
      lines[lines.length - 1] = lines.at(-1).slice(0, -1) + "…";
      break;
    }
  }
  return lines;
}

// Places for a row of words, from the line `top` on, centred; null if they take too many rows.
function placeWords(pen, row, top, width) {
  pen.font = fontOf(30);
  const rows = [[]];
  let used = 0;
  for (const word of row) {
    const wide = Math.min(width, pen.measureText(word.text).width + 2 * CHIP.pad);
    if (used && used + wide > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1).push({ word, wide, left: used });
    used += wide + CHIP.gap;
  }
  if (rows.length > CHIP.most) return null;
  return rows.flatMap((places, i) => {
    const last = places.at(-1);
    const shift = CARD.edge + (width - (last ? last.left + last.wide : 0)) / 2;
    return places.map((place) => ({ ...place, left: place.left + shift, top: top + i * CHIP.row }));
  });
}

function drawWord(pen, { word, wide, left, top }) {
  const marked = word.mark === "none" ? null : INK[word.mark];
  pen.beginPath();
  pen.roundRect(left, top, wide, CHIP.height, 14);
  pen.fillStyle = PLAIN.white;
  pen.fill();
  if (marked) {
    pen.fillStyle = marked + "26";
    pen.fill();
  }
  pen.setLineDash(word.aligned ? [] : [7, 5]);
  pen.lineWidth = 2;
  pen.strokeStyle = marked ?? PLAIN.soft;
  pen.stroke();
  pen.setLineDash([]);
  write(pen, word.text, left + wide / 2, top + 40, { size: 30, align: "center" });
}

function drawLink(pen, from, to, strength) {
  const [x1, y1] = [from.left + from.wide / 2, from.top + CHIP.height];
  const [x2, y2] = [to.left + to.wide / 2, to.top];
  const bend = (y2 - y1) / 2;
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.bezierCurveTo(x1, y1 + bend, x2, y2 - bend, x2, y2);
  pen.lineWidth = 2 + 4 * strength;
  pen.strokeStyle = PLAIN.soft + "80";
  pen.stroke();
}

function drawGauge(pen, { score, level }, x, y) {
  const radius = 120;
  pen.lineCap = "round";
  pen.lineWidth = 20;
  for (const [share, colour] of [
    [1, PLAIN.line],
    [(score ?? 0) / 100, PLAIN.body],
  ]) {
    if (!share) continue;
    pen.beginPath();
    pen.arc(x, y, radius, Math.PI, Math.PI * (1 + share));
    pen.strokeStyle = colour;
    pen.stroke();
  }
  write(pen, words.gauge_similarity, x, y - 62, { size: 22, colour: PLAIN.soft, align: "center" });
  write(pen, String(score ?? "–"), x, y, { size: 64, weight: 700, align: "center" });
  write(pen, words[`gauge_${level}`], x, y + 40, { size: 26, weight: 600, align: "center" });
}

// A canvas with the card for a reply. At its foot stands the pair's link, or the page's address if that is too long.
function drawCard({ question, answer: { verdict, gauge, alignment } }, link, address) {
  const canvas = make("canvas");
  const pen = canvas.getContext("2d");
  const { width, edge, scale } = CARD;
  const inner = width - 2 * edge;

  pen.font = fontOf(36);
  const sentences = question.slice(0, 2).map((sentence) => linesOf(pen, sentence.trim(), inner - 44));
  const textTop = 340;
  const wordsTop = textTop + 50 * sentences.flat().length + 50;
  const first = placeWords(pen, alignment.rows[0], wordsTop, inner);
  const secondTop = Math.max(...(first ?? []).map(({ top }) => top), wordsTop) + CHIP.height + 96;
  const second = placeWords(pen, alignment.rows[1], secondTop, inner);
  const drawn = first?.length && second?.length;
  const bottom = drawn ? Math.max(...second.map(({ top }) => top)) + CHIP.height : wordsTop - 50;
  pen.font = fontOf(22);
  const whole = linesOf(pen, link.replace(/^https?:\/\//, ""), inner - 150);
  const foot = whole.at(-1).endsWith("…") ? [address] : whole;
  const height = bottom + 90 + 30 * foot.length;

  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  pen.fillStyle = PLAIN.paper;
  pen.fillRect(0, 0, width, height);

  const tone = INK[verdict.tone] ?? INK.other;
  write(pen, words.page_heading.split("\n")[0].replace("# ", ""), edge, 96, { size: 30, colour: PLAIN.soft });
  pen.font = fontOf(68, 700);
  const headline = fill(verdict.headline);
  const size = Math.floor(Math.min(68, (68 * 620) / pen.measureText(headline).width));
  write(pen, headline, edge, 200, { size, weight: 700, colour: tone });
  const sure = fill({ key: "card_sure", share: chance(verdict.shares[0].share) });
  write(pen, sure, edge, 256, { size: 30, colour: PLAIN.soft });
  drawGauge(pen, gauge, width - edge - 140, 216);

  let y = textTop;
  sentences.forEach((lines, i) => {
    write(pen, String(i + 1), edge, y, { size: 26, colour: PLAIN.soft });
    for (const line of lines) {
      write(pen, line, edge + 44, y, { size: 36, weight: 600 });
      y += 50;
    }
  });
  if (drawn) {
    for (const [from, to, strength] of alignment.lines) drawLink(pen, first[from], second[to], strength);
    for (const place of [...first, ...second]) drawWord(pen, place);
  }
  foot.forEach((line, i) => {
    write(pen, line, edge, height - 40 - 30 * (foot.length - 1 - i), { size: 22, colour: PLAIN.soft });
  });
  write(pen, "textmatch", width - edge, height - 40, { size: 24, colour: PLAIN.soft, align: "right" });
  return canvas;
}
