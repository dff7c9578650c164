// Writes props.value, {line, progress, groups}, as text only, and makes the CSV file here: no copy of it on the server.
const SHOWN = 100, MEMBERS = 50;

function make(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function member({ sentence, number, probability }, place) {
  const item = make("li", "tm-member", "");
  const note = place ? `${Math.round(probability * 100)}%` : words.search_first;
  item.append(
    make("span", "tm-member-row", fill({ key: "search_row", number })),
    make("span", "tm-member-sentence", sentence),
    make("span", "tm-member-note", note),
  );
  return item;
}

function group(members) {
  const item = make("li", "tm-group", "");
  const list = make("ul", "tm-members", "");
  list.append(...members.slice(0, MEMBERS).map(member));
  item.append(make("p", "tm-group-size", fill({ key: "search_group", count: members.length })), list);
  if (members.length > MEMBERS) {
    item.append(make("p", "tm-more", fill({ key: "search_more_members", count: members.length - MEMBERS })));
  }
  return item;
}

// A spreadsheet runs a cell that begins like a formula; an apostrophe keeps it text.
const cell = (value) => `"${String(value).replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;

function download() {
  const rows = [words.search_csv.split("|")];
  props.value.groups.forEach((members, place) => members.forEach(({ number, sentence, probability }) => {
    rows.push([place + 1, number, sentence, probability.toFixed(4)]);
  }));
  const text = "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "duplicates.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function draw() {
  const { line, progress, groups } = props.value;
  say(find(".tm-groups-line"), fill(line));
  drawProgress(progress);
  find(".tm-groups-download").hidden = groups.length === 0;
  find(".tm-groups-list").replaceChildren(...groups.slice(0, SHOWN).map(group));
  if (groups.length > SHOWN) {
    find(".tm-groups-list").append(make("li", "tm-more", fill({ key: "search_more_groups", count: groups.length - SHOWN })));
  }
}

find(".tm-groups-download").textContent = words.search_download;
find(".tm-groups-download").addEventListener("click", download);
draw();
watch("value", draw);
