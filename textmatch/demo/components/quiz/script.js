const rounds = props.rounds.map(({ pair, share }) => ({ ...pair, share }));
const part = (name) => find(`.tm-quiz-${name}`);
const t = (key, fields = {}) => fill({ key: `quiz_${key}`, ...fields });
const nameOf = (same) => words[same ? "verdict_matched" : "verdict_not_matched"];
const modelSays = ({ share }) => share >= 0.5;
let guesses = []; // one for each pair that was answered
let shown = 0; // the pair that is shown; after the last one, all of them
let copied = "";

const over = () => shown === rounds.length;
const score = (says) => rounds.slice(0, guesses.length).filter((round, i) => says(round, i) === round.same).length;
const scores = () => t("score", { you: score((_, i) => guesses[i]), model: score(modelSays), count: guesses.length });

function mark(right) {
  return make("strong", right ? "tm-quiz-right" : "tm-quiz-wrong", t(right ? "right" : "wrong"));
}

function said(round, guess) {
  const says = modelSays(round);
  const sure = chance(says ? round.share : 1 - round.share);
  return [
    make("p", "", t("truth", { verdict: nameOf(round.same) })),
    make("p", "", t("you", { verdict: nameOf(guess) }), mark(guess === round.same)),
    make("p", "", t("model", { verdict: nameOf(says), sure }), mark(says === round.same)),
  ];
}

function summary(round, i) {
  const link = make("a", "", t("why"));
  link.href = `?${new URLSearchParams({ a: round.sentence1, b: round.sentence2, lang: navigator.language })}`;
  link.target = "_blank";
  const pair = make("p", "tm-quiz-line", `${round.sentence1} / ${round.sentence2}`);
  pair.lang = "zh";
  return make("li", "", pair, ...said(round, guesses[i]), link);
}

function draw() {
  const round = rounds[shown];
  const answered = guesses.length > shown;
  setText(part("count"), over() ? t("over") : t("count", { number: shown + 1, count: rounds.length }));
  part("pair").replaceChildren(...(round ? [make("p", "", round.sentence1), make("p", "", round.sentence2)] : []));
  setText(part("gloss"), round && !/^zh/i.test(navigator.language) ? round.gloss : "");
  part("guesses").hidden = over();
  for (const [name, same] of Object.entries({ same: true, different: false })) {
    part(name).textContent = nameOf(same);
    part(name).disabled = answered;
    part(name).setAttribute("aria-pressed", answered && guesses[shown] === same);
  }
  const line = make("p", "tm-quiz-score", guesses.length ? scores() : "");
  part("said").replaceChildren(...(answered ? said(round, guesses[shown]) : []), line);
  part("next").hidden = !over() && !answered;
  part("next").textContent = over() ? t("again") : t("next");
  part("copy").hidden = !over();
  part("copy").textContent = copied ? words[copied] : t("copy");
  part("all").replaceChildren(...(over() ? rounds.map(summary) : []));
}

function guess(same) {
  guesses.push(same);
  draw();
  part("next").focus({ preventScroll: true });
}

function next() {
  if (over()) [guesses, shown] = [[], 0];
  else shown += 1;
  copied = "";
  draw();
  (over() ? part("next") : part("same")).focus({ preventScroll: true });
}

part("same").addEventListener("click", () => guess(true));
part("different").addEventListener("click", () => guess(false));
part("next").addEventListener("click", next);
part("copy").addEventListener("click", async () => {
  const text = `${t("title")} ${scores()} ${location.origin}${location.pathname}?tab=play`;
  copied = (await copyText(text)) ? "copy_done" : "copy_failed";
  draw();
});
keepDrawn(draw);
