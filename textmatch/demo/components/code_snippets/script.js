// The page's address, which the browser knows best, belongs between the parts of a piece of code.
const address = location.origin + location.pathname.replace(/\/?$/, "/");

function block([name, parts]) {
  const title = words[`code_${name}`];
  const code = make("pre", "", parts.join(address));
  code.tabIndex = 0;
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", title);
  const button = make("button", "", words.copy_button);
  button.type = "button";
  button.setAttribute("aria-label", `${words.copy_button}: ${title}`);
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(code.textContent)) ? words.copy_done : words.copy_failed;
    setTimeout(() => (button.textContent = words.copy_button), 2000);
  });
  const section = make("section", "", make("h3", "", title), button, code);
  section.dataset.name = name;
  return section;
}

function draw() {
  find(".tm-lead").textContent = words.code_lead;
  find(".tm-blocks").replaceChildren(...Object.entries(props.value).map(block));
}

keepDrawn(draw);
