import js from "@eslint/js";
import globals from "globals";

const GIVEN_BY_GRADIO = ["element", "props", "trigger", "watch"];
const SHARED = [
  ...["words", "keepDrawn", "find", "fillIn", "fill", "percent", "chance", "setText", "make", "makeSvg"],
  ...["pairLink", "copyText"],
];
const DRAWN = ["drawTable", "drawChart", "drawCard"];
const readonly = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default [
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { ignores: ["node_modules/", ".venv*/", "build/"] },
  {
    // Gradio runs these as the bodies of functions, so what one defines at its top is not global.
    files: ["textmatch/demo/**/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property,
          message: "Write text with textContent: a visitor's text must not become markup.",
        })),
      ],
    },
  },
  {
    files: ["textmatch/demo/components/**/*.js"],
    languageOptions: { globals: readonly([...GIVEN_BY_GRADIO, ...SHARED, ...DRAWN]) },
  },
  {
    // Others use what these define.
    files: ["textmatch/demo/components/shared.js", "textmatch/demo/components/*/draw.js", "textmatch/demo/tabs.js"],
    rules: { "no-unused-vars": ["error", { vars: "local" }], "no-redeclare": ["error", { builtinGlobals: false }] },
  },
];
