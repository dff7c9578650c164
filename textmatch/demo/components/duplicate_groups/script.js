const SHOWN = 100; // groups
const MEMBERS = 50; // members of a group

function member({ sentence, number, probability }, place) {
  return make(
    "li",
    "tm-member",
    make("span", "tm-member-row", fill({ key: "search_row", number })),
    make("span", "tm-member-sentence", sentence),
    make("span", "tm-member-note", place ? chance(probability) : words.search_first),
  );
}

function group(members) {
  const size = make("p", "tm-group-size", fill({ key: "search_group", count: members.length }));
  const item = make("li", "tm-group", size, make("ul", "tm-members", ...members.slice(0, MEMBERS).map(member)));
  const more = members.length - MEMBERS;
  if (more > 0) item.append(make("p", "tm-more", fill({ key: "search_more_members", count: more })));
  return item;
}

// A spreadsheet runs a cell that begins like a formula; an apostrophe keeps it text.
const cell = (value) =>
  `"${String(value)
    .replace(/^[=+\-@\t\r]/, "'$&")
    .replaceAll('"', '""')}"`;

function download() {
  const rows = [words.search_csv.split("|")];
  props.value.forEach((members, i) => {
    for (const { number, sentence, probability } of members) {
      rows.push([i + 1, number, sentence, probability.toFixed(4)]);
    }
  });
  const text = "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "duplicates.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function draw() {
  const groups = props.value;
  find(".tm-groups-download").textContent = words.search_download;
  find(".tm-groups").hidden = groups.length === 0;
  find(".tm-groups-list").replaceChildren(...groups.slice(0, SHOWN).map(group));
  const more = groups.length - SHOWN;
  if (more > 0) {
    find(".tm-groups-list").append(make("li", "tm-more", fill({ key: "search_more_groups", count: more })));
  }
}

find(".tm-groups-download").addEventListener("click", download);
keepDrawn(draw);
