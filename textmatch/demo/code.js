// Shows props.value, {name: code}, as text only, each with a button that copies it.
const address = location.origin + location.pathname.replace(/\/?$/, "/");
const parts = {};

element.querySelector(".tm-lead").textContent = words.compare_code_lead;
for (const name of Object.keys(props.value)) {
  const block = document.createElement("section");
  const title = document.createElement("h3");
  const button = document.createElement("button");
  const pre = document.createElement("pre");
  title.textContent = words[`compare_code_${name}`];
  button.type = "button";
  button.textContent = words.compare_copy;
  button.setAttribute("aria-label", `${words.compare_copy}: ${title.textContent}`);
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(pre.textContent)) ? words.compare_copied : words.compare_not_copied;
    setTimeout(() => { button.textContent = words.compare_copy; }, 2000);
  });
  pre.tabIndex = 0;
  pre.setAttribute("aria-label", title.textContent);
  pre.setAttribute("role", "region");
  block.append(title, button, pre);
  block.dataset.name = name;
  element.querySelector(".tm-blocks").append(block);
  parts[name] = pre;
}

function draw() {
  for (const [name, code] of Object.entries(props.value)) {
    parts[name].textContent = code.join(address);
  }
}

draw();
watch("value", draw);
