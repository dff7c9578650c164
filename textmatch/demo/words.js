// What every script of a component begins with: its words in the visitor's language, and their fields filled in.
const words = props.words[/^zh/i.test(navigator.language) ? "zh" : "en"];
const fillIn = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => fields[name]);
const fill = ({ key, ...fields }) => fillIn(words[key], fields);

