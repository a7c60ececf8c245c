// Trailboard's query editor: CodeMirror 6 as a Streamlit component. See README.md in this folder for how it is built.

import { Compartment, EditorState, StateField } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers, placeholder, showTooltip, tooltips,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus,
  moveCompletionSelection, startCompletion,
} from "@codemirror/autocomplete";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { tags } from "@lezer/highlight";

// The language's own idea of a word (engine/language/grammar.py): everything but blanks, quotes and operators.
const WORD = /^(?:[^\s"“”„‟″〝〞＂()[\],+\-*/<>=!|‐‑‒–—−≤≥]|!(?!=))+/u;
const COMMAND = /^[^\s|[\]()"=,]+/u;
const OPTION = /^[A-Za-z_][\w-]*=(?!=)/;
const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE]\d+)?(?:mon|ms|[smhdwyfFD])?(?![\p{L}\p{N}_])/u;
const OPERATOR = /^(?:==|!=|<=|>=|[=<>+\-*/,()‐‑‒–—−≤≥])/u;
const PIPES = "|ǀ׀∣❘";
const QUOTES = '"“”„‟″〝〞＂';
const KEYWORDS = new Set(["by", "as", "and", "or", "output"]);
const CONSTANTS = new Set(["true", "false", "null"]);
const SUMMARIES = new Set(["stats", "timechart", "rollup", "pivot"]);

// highlighting --------------------------------------------------------------------------------------------------------

function language(vocabulary) {
  const named = (list) => new Set(list.map((item) => item.name));
  const commands = named(vocabulary.commands);
  const functions = named([...vocabulary.functions, ...vocabulary.aggregates]);
  const aggregates = named(vocabulary.aggregates);
  return StreamLanguage.define({
    startState: () => ({ head: true, options: false, command: "", comment: false, string: false }),
    token(stream, state) {
      if (state.comment) return readComment(stream, state);
      if (state.string) return readString(stream, state);
      if (stream.eatSpace()) return null;
      const next = stream.peek();
      if (QUOTES.includes(next)) {
        state.head = state.options = false;
        stream.next();
        return readString(stream, state);
      }
      if (PIPES.includes(next) || next === "[") {
        stream.next();
        state.head = true;
        return "operator";
      }
      if (next === "]") {
        stream.next();
        state.head = false;
        return "operator";
      }
      if (state.head) return readHead(stream, state, commands);
      if (state.options && stream.match(OPTION)) {
        stream.match(/^[^\s|\]"]+/);
        return "propertyName";
      }
      if (state.command === "table" && stream.match(/^[^\s,|[\]"()=]+/)) return "typeName";
      state.options = false;
      if (stream.match(NUMBER)) return "number";
      const word = stream.match(WORD);
      if (word) return wordStyle(word[0], stream, state, functions, aggregates);
      if (stream.match(OPERATOR)) return "operator";
      stream.next();
      return null;
    },
  });
}

function readHead(stream, state, commands) {
  if (stream.match(/^#(?=\s|$)/)) {
    state.comment = true;
    return readComment(stream, state);
  }
  state.head = false;
  const word = stream.match(COMMAND);
  if (!word) {
    stream.next();
    return null;
  }
  state.command = word[0];
  state.options = true;
  return commands.has(word[0]) ? "keyword" : "invalid";
}

function readComment(stream, state) {
  if (stream.skipTo("|")) {
    state.comment = false;
    state.head = true;
  } else stream.skipToEnd();
  return "comment";
}

function readString(stream, state) {
  state.string = true;
  while (!stream.eol()) {
    const char = stream.next();
    if (char === "\\") stream.next();
    else if (QUOTES.includes(char)) {
      state.string = false;
      break;
    }
  }
  return "string";
}

function wordStyle(word, stream, state, functions, aggregates) {
  if (KEYWORDS.has(word)) return "keyword";
  if (CONSTANTS.has(word)) return "atom";
  if (stream.match(/^\s*\(/, false)) return functions.has(word) ? "variableName.function" : "variableName";
  if (SUMMARIES.has(state.command) && aggregates.has(word)) return "variableName.function";
  if (stream.match(/^\s*=(?!=)/, false)) return "propertyName";
  return "variableName";
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--st-blue-text-color)", fontWeight: "600" },
  { tag: tags.function(tags.variableName), color: "var(--st-violet-text-color)" },
  { tag: tags.string, color: "var(--st-green-text-color)" },
  { tag: [tags.number, tags.atom], color: "var(--st-orange-text-color)" },
  { tag: tags.operator, color: "var(--st-gray-text-color)" },
  { tag: tags.comment, color: "var(--st-gray-text-color)", fontStyle: "italic" },
  { tag: tags.propertyName, color: "var(--st-orange-text-color)" },
  { tag: tags.typeName, fontWeight: "600" },
  { tag: tags.invalid, color: "var(--st-red-text-color)" },
]);

// completion ----------------------------------------------------------------------------------------------------------

/** The text of the command that `text` ends in, up to there; nothing inside a quote or a comment. */
function openCommand(text) {
  const outer = [];
  let start = 0;
  let quoted = false;
  const isComment = () => /^\s*#\s/.test(text.slice(start, start + 400));
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (QUOTES.includes(char)) quoted = false;
    } else if (QUOTES.includes(char) && !isComment()) quoted = true;
    else if (PIPES.includes(char)) start = i + 1;
    else if (char === "[") {
      outer.push(start);
      start = i + 1;
    } else if (char === "]") start = outer.pop() ?? start;
  }
  return quoted || isComment() ? null : text.slice(start);
}

/** Names that the query itself gives: `name = …`, `… as name`, and aggregates without parentheses. */
function ownNames(text, aggregates) {
  const found = new Set();
  const bare = new Set(aggregates.filter((item) => item.bare).map((item) => item.name));
  for (const [summary] of text.matchAll(/\b(?:stats|rollup|cube)\s[^|\]]*/g))
    for (const [word] of summary.matchAll(/[a-z_]+(?![\w(])/g)) if (bare.has(word)) found.add(word);
  for (const match of text.matchAll(/[\s,|]([\p{L}_][\p{L}\p{N}_.]*)\s*=(?!=)\s/gu)) found.add(match[1]);
  for (const match of text.matchAll(/\sas\s+([\p{L}_][\p{L}\p{N}_.]*)/gu)) found.add(match[1]);
  return [...found].map((name) => ({ name, type: "", help: "" }));
}

const option = (item, extra) => ({
  label: item.name, detail: item.usage ?? item.type ?? "", info: item.help || undefined, ...extra,
});
const asCommand = (item) => option(item, { type: "keyword", apply: applyCommand(item.name) });
const asField = (item) => option(item, { type: "property", boost: 2 });
const asTable = (item) => option(item, { type: "class" });
const asOption = (item) => option(item, { type: "property", apply: applyOption(item.name), boost: 3 });
const asFunction = (item) => option(item, { type: "function", apply: applyCall(item.name) });
const asAggregate = (item) =>
  item.bare ? option(item, { type: "function", boost: 3 }) : { ...asFunction(item), boost: 2 };
const asWord = (label) => ({ label, type: "keyword", apply: applyWord(label), boost: 1 });

/** `by` and the like, and what may follow. */
function applyWord(word) {
  return (view, _, from, to) => {
    view.dispatch({ changes: { from, to, insert: `${word} ` }, selection: { anchor: from + word.length + 1 } });
    startCompletion(view);
  };
}

function applyCommand(name) {
  return (view, _, from, to) => {
    view.dispatch({ changes: { from, to, insert: `${name} ` }, selection: { anchor: from + name.length + 1 } });
    if (name === "table" || name === "lookup" || SUMMARIES.has(name)) startCompletion(view);
  };
}

function applyOption(name) {
  return (view, _, from, to) => {
    view.dispatch({ changes: { from, to, insert: `${name}=` }, selection: { anchor: from + name.length + 1 } });
    startCompletion(view);
  };
}

function applyCall(name) {
  return (view, _, from, to) => {
    const open = view.state.sliceDoc(to, to + 1) === "(";
    const insert = open ? name : `${name}()`;
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + name.length + 1 } });
  };
}

/** Compared with what: `field == `, or the constants behind the field in `in(field, `. */
const COMPARES = /(?:^|[\s(,])([\p{L}_][\p{L}\p{N}_.]*)\s*(?:==|!=)\s*$/u;
const AMONG = /\bin\(\s*([\p{L}_][\p{L}\p{N}_.]*)\s*,\s*(?:"[^"]*"\s*,\s*)*$/u;

/** The field whose values may stand here, as far as they are known. */
function comparedField(command, vocabulary) {
  const found = command.match(COMPARES) ?? command.match(AMONG);
  return found ? vocabulary.fields.find((item) => item.name === found[1] && item.values?.length) : undefined;
}

const asValue = (item, place) => ({
  label: item.text, detail: item.count, type: "constant", boost: 50 - place, apply: applyValue(item.text),
});

/** Inside quotes that stand already the value is put between them, elsewhere it brings its own. */
function applyValue(text) {
  return (view, _, from, to) => {
    const bare = text.replace(/^"|"$/g, "");
    const isInside = text.startsWith('"') && view.state.sliceDoc(from - 1, from) === '"';
    const closes = isInside && view.state.sliceDoc(to, to + 1) !== '"';
    const insert = isInside ? bare + (closes ? '"' : "") : text;
    const after = from + insert.length + (isInside && !closes ? 1 : 0);
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: after } });
  };
}

/**
 * What may stand at the end of `command`, the open command's text without the word being typed; `begins` tells that
 * it is the first of its pipeline.
 */
function candidates(command, begins, text, vocabulary) {
  const { commands, functions, aggregates, tables, lookups, values } = vocabulary;
  if (!command.trim()) return commands.filter((item) => (begins ? item.begins : item.follows)).map(asCommand);
  const [, word, rest] = command.match(/^\s*(\S+)([^]*)$/);
  const known = commands.find((item) => item.name === word);
  const setting = rest.match(/(?:^|\s)([A-Za-z_][\w-]*)=$/);
  if (setting && known) return (values[setting[1]] ?? []).map((label) => ({ label, type: "constant" }));
  const onlyOptions = /^(?:\s+[A-Za-z_][\w-]*=(?:"[^"]*"|\S*))*\s+$/.test(rest);
  const options = known && onlyOptions ? known.options.map(asOption) : [];
  if (word === "table") return [...options, ...tables.map(asTable)];
  const compared = comparedField(rest, vocabulary);
  const candidatesOfField = compared ? compared.values.map(asValue) : [];
  const fields = [...ownNames(text, aggregates), ...vocabulary.fields].map(asField);
  if (word === "lookup") return ofLookup(rest, lookups, fields);
  if (/\sas\s+$/.test(rest)) return [];
  const inCall = (rest.match(/\(/g) ?? []).length > (rest.match(/\)/g) ?? []).length;
  if (SUMMARIES.has(word) && !inCall) {
    return /\sby\s/.test(rest) ? fields : [...options, ...aggregates.map(asAggregate), asWord("by"), asWord("as")];
  }
  const joining = inCall || ["eval", "search"].includes(word) ? [asWord("and"), asWord("or")] : [asWord("by")];
  return [...candidatesOfField, ...options, ...fields, ...functions.map(asFunction), ...joining];
}

function ofLookup(rest, lookups, fields) {
  const words = rest.split(/[\s,]+/).filter(Boolean);
  if (!words.length) return lookups.map(asTable);
  const found = lookups.find((item) => item.name === words[0]);
  if (words.includes("output")) return (found?.outputs ?? []).map(asField);
  return [...fields, asWord("output")];
}

/** Whether the list opens before anything of a word is typed: where there is not much to choose from. */
function opensByItself(command, text, vocabulary) {
  if (!command.trim()) return /[|[]\s*$/.test(text);
  if (comparedField(command, vocabulary)) return true;
  return /^\s*table(?:\s+[\w-]+=\S*)*\s+$|\sby\s+(?:[^()]*,\s*)?$|\s[A-Za-z_][\w-]*=$/.test(command);
}

function completer(editor) {
  return (context) => {
    const word = context.matchBefore(/[\p{L}\p{N}_.-]*/u);
    const text = context.state.sliceDoc(0, context.pos);
    let command = openCommand(text);
    if (command === null) return insideQuotes(context, text, editor.data.vocabulary);
    let from = word.from;
    // A dash belongs to the names of commands and tables, elsewhere it is an operator.
    const isName = !command.slice(0, command.length - word.text.length).trim() || /^\s*table\s/.test(command);
    if (!isName && word.text.includes("-")) from += word.text.lastIndexOf("-") + 1;
    command = command.slice(0, command.length - (context.pos - from));
    if (from === context.pos && !context.explicit && !opensByItself(command, text, editor.data.vocabulary)) return null;
    if (/^\d/.test(text.slice(from))) return null;
    const begins = !/[|ǀ׀∣❘]\s*$/.test(text.slice(0, from));
    const options = candidates(command, begins, context.state.doc.toString(), editor.data.vocabulary);
    const seen = new Set();
    return {
      from,
      options: options.filter((item) => !seen.has(item.label) && seen.add(item.label)),
      validFor: /^[\p{L}\p{N}_.]*$/u,
    };
  };
}

/** Values of the field that the open text constant is compared with. */
function insideQuotes(context, text, vocabulary) {
  const start = text.lastIndexOf('"');
  const command = start < 0 ? null : openCommand(text.slice(0, start));
  const field = command === null ? undefined : comparedField(command, vocabulary);
  if (!field) return null;
  const options = field.values.filter((item) => item.text.startsWith('"')).map((item, place) => ({
    ...asValue(item, place), label: item.text.slice(1, -1),
  }));
  return { from: start + 1, options, validFor: /^[^"]*$/ };
}

/** What a word means, when the pointer rests on it. */
function explainer(editor) {
  return hoverTooltip((view, position) => {
    const line = view.state.doc.lineAt(position);
    const pattern = /[\p{L}_][\p{L}\p{N}_.-]*/gu;
    for (const match of line.text.matchAll(pattern)) {
      const from = line.from + match.index;
      const to = from + match[0].length;
      if (position < from || position > to) continue;
      const command = openCommand(view.state.sliceDoc(0, from));
      const item = command === null ? null : meaning(match[0], command, editor.data.vocabulary);
      return item && { pos: from, end: to, above: true, create: () => ({ dom: card(item) }) };
    }
    return null;
  });
}

/** The innermost call whose parentheses hold the end of `command`: its name, and which argument stands there. */
function openCall(command) {
  const calls = [];
  let quoted = false;
  for (let i = 0; i < command.length; i++) {
    const char = command[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (QUOTES.includes(char)) quoted = false;
    } else if (QUOTES.includes(char)) quoted = true;
    else if (char === "(") {
      const name = command.slice(0, i).match(/([\p{L}_][\p{L}\p{N}_]*)\s*$/u);
      calls.push({ name: name ? name[1] : "", at: name ? i - name[0].length : i, argument: 0 });
    } else if (char === ")") calls.pop();
    else if (char === "," && calls.length) calls[calls.length - 1].argument++;
  }
  return calls.findLast((call) => call.name);
}

/** The text of the command around `position`, quotes open or not. */
function commandBefore(text) {
  const whole = openCommand(text);
  if (whole !== null) return whole;
  const start = text.lastIndexOf('"');
  const before = start < 0 ? null : openCommand(text.slice(0, start));
  return before === null ? null : before + text.slice(start);
}

function signature(state, editor) {
  const { main } = state.selection;
  if (!main.empty) return null;
  const command = commandBefore(state.sliceDoc(0, main.head));
  const call = command === null ? undefined : openCall(command);
  if (!call) return null;
  const { functions, aggregates } = editor.data.vocabulary;
  const isSummary = SUMMARIES.has(command.trim().split(/\s/)[0]);
  const lists = isSummary ? [aggregates, functions] : [functions, aggregates];
  const item = lists.map((list) => list.find(({ name }) => name === call.name)).find(Boolean);
  if (!item?.usage) return null;
  const pos = main.head - command.length + call.at;
  return { pos, above: true, arrow: false, create: () => ({ dom: signatureCard(item, call.argument) }) };
}

/** The signature with the argument at the cursor in bold; one that repeats stays bold. */
function signatureCard({ usage, help }, argument) {
  const dom = document.createElement("div");
  dom.className = "cm-meaning cm-signature";
  dom.setAttribute("role", "status");
  const head = dom.appendChild(document.createElement("div"));
  head.className = "cm-meaning-head";
  const [, name, inside, rest] = usage.match(/^([^(]*\()([^]*)(\)[^)]*)$/) ?? [null, usage, "", ""];
  head.append(name);
  const parts = inside.split(",");
  const shown = Math.min(argument, parts.length - 1);
  parts.forEach((part, place) => {
    const piece = document.createElement(place === shown && part.trim() ? "b" : "span");
    piece.textContent = part;
    head.append(place ? "," : "", piece);
  });
  head.append(rest);
  if (help) dom.appendChild(document.createElement("div")).textContent = help;
  return dom;
}

const signatureHelp = (editor) =>
  StateField.define({
    create: () => null,
    update(shown, transaction) {
      if (!transaction.docChanged && !transaction.selection && !transaction.effects.length) return shown;
      // The list of completions tells more, and both would stand in each other's way.
      if (completionStatus(transaction.state) === "active") return null;
      return signature(transaction.state, editor);
    },
    provide: (field) => showTooltip.from(field),
  });

// commands of the editor ----------------------------------------------------------------------------------------------

/** Where each command of the text begins, outside quotes; a comment is one too. */
function commandStarts(text) {
  const starts = [0];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    const isComment = /^\s*#\s/.test(text.slice(starts[starts.length - 1], starts[starts.length - 1] + 200));
    if (quoted) {
      if (char === "\\") i++;
      else if (QUOTES.includes(char)) quoted = false;
    } else if (QUOTES.includes(char) && !isComment) quoted = true;
    else if (PIPES.includes(char) || char === "[") starts.push(i + 1);
  }
  return starts;
}

/** Turn the commands that the selection touches into comments, or back when all of them are. */
function toggleComment(view) {
  const text = view.state.doc.toString();
  const { from, to } = view.state.selection.main;
  const starts = commandStarts(text);
  const touched = starts.filter((start, place) => start <= to && (starts[place + 1] ?? text.length + 1) > from);
  const places = touched.map((start) => start + text.slice(start).match(/^\s*/)[0].length);
  const isComment = (place) => /^#\s/.test(text.slice(place, place + 2));
  const isOff = places.every(isComment);
  const changes = isOff
    ? places.map((place) => ({ from: place, to: place + 2 }))
    : places.filter((place) => !isComment(place)).map((place) => ({ from: place, insert: "# " }));
  view.dispatch({ changes });
  return true;
}

/** The selected part without the pipes around it. */
function selectedPart(state) {
  const { from, to } = state.selection.main;
  return state.sliceDoc(from, to).replace(new RegExp(`^[\\s${PIPES}]+|[\\s${PIPES}]+$`, "g"), "");
}

function meaning(word, command, vocabulary) {
  const find = (list) => list.find((item) => item.name === word);
  if (!command.trim()) return find(vocabulary.commands);
  const summary = SUMMARIES.has(command.trim().split(/\s/)[0]) && find(vocabulary.aggregates);
  return summary || find(vocabulary.fields) || find(vocabulary.functions) || find(vocabulary.tables) || null;
}

function card({ name, usage, type, help }) {
  const dom = document.createElement("div");
  dom.className = "cm-meaning";
  const head = dom.appendChild(document.createElement("div"));
  head.className = "cm-meaning-head";
  head.textContent = usage && usage.startsWith(name) ? usage : [name, usage ?? type].filter(Boolean).join("  ");
  if (help) dom.appendChild(document.createElement("div")).textContent = help;
  return dom;
}

// looks ---------------------------------------------------------------------------------------------------------------

const looks = EditorView.theme({
  "&": {
    backgroundColor: "var(--st-background-color)", color: "var(--st-text-color)", fontSize: "0.95rem",
    border: "1px solid var(--st-border-color)", borderRadius: "var(--st-base-radius)",
    minHeight: "7.2rem", maxHeight: "24rem",
  },
  "&.cm-focused": { outline: "none", borderColor: "var(--st-primary-color)",
    boxShadow: "0 0 0 1px var(--st-primary-color)" },
  ".cm-scroller": { fontFamily: "var(--st-code-font, monospace)", overflow: "auto", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--st-text-color)", padding: "8px 0", minHeight: "6.2rem" },
  ".cm-cursor": { borderLeftColor: "var(--st-text-color)", borderLeftWidth: "1.6px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--st-gray-text-color)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { opacity: ".7", minWidth: "1.6em", padding: "0 2px 0 6px" },
  ".cm-gutter-lint": { width: "1em" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0.15em 0.1em" },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--st-primary-color) 6%, transparent)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--st-primary-color) 26%, transparent)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "color-mix(in srgb, var(--st-primary-color) 22%, transparent)", outline: "none" },
  ".cm-placeholder": { color: "var(--st-gray-text-color)", opacity: ".8" },
  ".cm-tooltip": {
    backgroundColor: "var(--st-background-color)", color: "var(--st-text-color)", zIndex: 1000,
    border: "1px solid var(--st-border-color)", borderRadius: "var(--st-base-radius)",
    boxShadow: "0 6px 24px rgba(0,0,0,.18)", fontSize: "0.9rem",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--st-code-font, monospace)", maxHeight: "16em", minWidth: "18em" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "3px 8px !important", lineHeight: "1.4 !important" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--st-primary-color) !important", color: "#fff !important" },
  ".cm-completionDetail": { opacity: ".65", marginLeft: "1em", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-tooltip.cm-completionInfo": { maxWidth: "26rem", padding: "8px 10px", lineHeight: "1.45", margin: "0 2px",
    fontFamily: "var(--st-font, sans-serif)", whiteSpace: "pre-wrap" },
  ".cm-meaning, .cm-diagnostic": { maxWidth: "28rem", padding: "6px 10px", lineHeight: "1.45",
    fontFamily: "var(--st-font, sans-serif)", whiteSpace: "pre-wrap" },
  ".cm-signature b": { color: "var(--st-primary-color)" },
  ".cm-meaning-head": { fontFamily: "var(--st-code-font, monospace)", fontWeight: "600" },
  ".cm-diagnosticAction": { backgroundColor: "var(--st-primary-color)", borderRadius: "4px", padding: "2px 8px",
    marginLeft: "10px", font: "inherit", fontWeight: "600", cursor: "pointer" },
  "@media (max-width: 640px)": { "&": { fontSize: "16px" } }, // smaller, and phones zoom in when it is touched
});

// the component -------------------------------------------------------------------------------------------------------

const editors = new WeakMap();
const [moveDown, moveUp] = [moveCompletionSelection(true), moveCompletionSelection(false)];

function create(host, data) {
  const editor = { data, rev: data.rev, language: new Compartment() };
  const send = () => {
    clearTimeout(editor.timer);
    const text = editor.view.state.doc.toString();
    const known = editor.sent.rev === editor.rev && editor.sent.text === text;
    if (!known) editor.setState("typed", (editor.sent = { rev: editor.rev, text }));
  };
  const run = () => {
    send();
    editor.trigger("run", { text: editor.view.state.doc.toString(), part: selectedPart(editor.view.state) });
    return true;
  };
  const tidy = () => {
    send();
    editor.trigger("tidy", editor.view.state.doc.toString());
    return true;
  };
  editor.sent = { rev: data.rev, text: data.value };
  editor.stop = () => clearTimeout(editor.timer);
  editor.send = send;
  const updated = (update) => {
    if (!update.docChanged) return;
    clearTimeout(editor.timer);
    editor.timer = setTimeout(send, 300);
  };
  editor.view = new EditorView({
    parent: host,
    state: EditorState.create({
      doc: data.value,
      extensions: [
        lineNumbers(), lintGutter(), history(), drawSelection(), highlightActiveLine(), bracketMatching(),
        closeBrackets(), EditorView.lineWrapping, placeholder(data.placeholder),
        editor.language.of(language(data.vocabulary)), syntaxHighlighting(colours), looks,
        autocompletion({ override: [completer(editor)], icons: false, maxRenderedOptions: 60 }), explainer(editor),
        signatureHelp(editor),
        tooltips({ position: "fixed" }),
        keymap.of([
          // Without stopping it the key would also reach the page, whose Run button has the same shortcut.
          { key: "Mod-Enter", run, preventDefault: true, stopPropagation: true },
          // A list that has only just opened takes no key yet: a Tab must not leave the editor then, nor arrows the list.
          { key: "Tab", run: (view) => acceptCompletion(view) || completionStatus(view.state) !== null },
          { key: "ArrowDown", run: (view) => moveDown(view) || completionStatus(view.state) === "active" },
          { key: "ArrowUp", run: (view) => moveUp(view) || completionStatus(view.state) === "active" },
          { key: "Mod-/", run: toggleComment },
          { key: "Shift-Alt-f", run: tidy, preventDefault: true },
          ...lintKeymap, ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap,
        ]),
        EditorView.contentAttributes.of({ "aria-label": data.label, spellcheck: "false", autocapitalize: "off" }),
        EditorView.updateListener.of(updated),
        EditorView.domEventHandlers({ blur: send }), // a click on a button must find the newest text
      ],
    }),
  });
  return editor;
}

/** Errors are about a text; when the typing went on meanwhile, newer ones are on their way. */
function showProblems(editor, { problems, checked }) {
  const { view } = editor;
  const text = view.state.doc.toString();
  if (problems.length && text !== checked) return;
  const end = view.state.doc.length;
  const shown = problems.map(({ from, to, severity, message, fix }) => ({
    from: Math.min(from, end),
    to: Math.min(Math.max(to, from + 1), end),
    severity,
    message,
    actions: fix ? [{ name: fix.label, apply: () => view.dispatch({ changes: fix.change }) }] : [],
  }));
  view.dispatch(setDiagnostics(view.state, shown));
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const host = parentElement.querySelector(".editor");
  if (!host) return;
  let editor = editors.get(parentElement);
  if (!editor) {
    editor = create(host, data);
    editors.set(parentElement, editor);
  }
  const { view } = editor;
  if (JSON.stringify(editor.data.vocabulary) !== JSON.stringify(data.vocabulary))
    view.dispatch({ effects: editor.language.reconfigure(language(data.vocabulary)) });
  Object.assign(editor, { data, setState: setStateValue, trigger: setTriggerValue });
  // Only a new revision replaces the text: what is being typed is newer than what Python knows.
  if (data.rev !== editor.rev) {
    editor.rev = data.rev;
    const { length } = view.state.doc;
    view.dispatch({ changes: { from: 0, to: length, insert: data.value }, selection: { anchor: data.value.length } });
    editor.send();
  }
  showProblems(editor, data);
  return () => {
    editor.stop();
    view.destroy();
    editors.delete(parentElement);
  };
}
