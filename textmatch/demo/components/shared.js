// Stands in front of every component's script. Gradio runs both together as the body of a function with the arguments
// `element`, `props`, `trigger` and `watch`. Text is only ever set as text: a visitor's sentence must not become markup.

// The page's texts by their keys, always in the language that is shown.
const words = new Proxy(
  {},
  {
    get: (_, key) => {
      const all = window.gradio_config.i18n_translations;
      return (all[navigator.language] ?? all.en)["tm_" + String(key)];
    },
  },
);

// Draws now, and again whenever the value or the language changes.
function keepDrawn(draw) {
  draw();
  watch("value", draw);
  document.addEventListener("textmatch:language", () => element.isConnected && draw());
}

const find = (selector) => element.querySelector(selector);

// The text with its {fields} filled in.
const fillIn = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => fields[name]);

// The text of a message: {key, fields} is one of the page's texts, {text} is a text as it is.
const fill = (message) => ("key" in message ? fillIn(words[message.key], message) : message.text);

// A share from 0 to 1 in percent; a dash where there is none.
function percent(share, digits = 0) {
  return Number.isFinite(share) ? `${(100 * Math.max(share, 0)).toFixed(digits)}%` : "–";
}

// A probability in percent. A model is never quite certain, so it is never 100% or 0%.
function chance(share) {
  if (share > 0.99) return "> 99%";
  return share < 0.01 ? "< 1%" : percent(share);
}

// Sets a text only where it changes: a screen reader would read the same text again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A new element; its content is texts, numbers and elements.
function make(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function makeSvg(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

// The address that opens the page with a pair; it names the model if that is another than the usual one.
function pairLink(sentences, model, usual) {
  const link = new URL(location.pathname, location.origin);
  sentences.forEach((sentence, i) => sentence && link.searchParams.set("ab"[i], sentence));
  if (model !== usual) link.searchParams.set("model", model);
  return link.href;
}

// Puts a text on the clipboard and returns whether that worked. Pages without https have only the old way.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea");
    field.value = text;
    field.style.cssText = "position: fixed; opacity: 0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
