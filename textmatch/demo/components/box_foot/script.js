// Hears what is typed into its box, and the event `textmatch:problems`; the button types nothing into the box.
const { number, limit } = props;
const box = () => document.querySelector(`#sentence${number} :is(input, textarea)`);
const button = find(".tm-box-clear");

function count() {
  const text = box()?.value ?? "";
  const lines = text.split("\n").filter((line) => line.trim());
  // A character outside the basic plane is one character, as in Python.
  const longest = Math.max(0, ...lines.map((line) => [...line].length));
  const key = lines.length > 1 ? "box_lines" : "box_count";
  setText(find(".tm-box-count"), fill({ key, count: longest, limit, lines: lines.length }));
  find(".tm-box-count").dataset.over = longest > limit;
  button.hidden = !text;
  button.title = words.box_clear;
  button.setAttribute("aria-label", words.box_clear);
}

button.addEventListener("click", () => {
  const field = box();
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

const listen = (name, heard) => document.addEventListener(name, (event) => element.isConnected && heard(event));
listen("input", (event) => event.target === box() && count());
listen("textmatch:changed", () => setTimeout(count));
listen("textmatch:problems", ({ detail }) => {
  setText(find(".tm-box-problem"), detail[number - 1]);
  box()?.setAttribute("aria-invalid", Boolean(detail[number - 1]));
});
keepDrawn(count);
