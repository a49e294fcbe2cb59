// Two texts line by line, out of what `diff -u` tells of them: no element is made here.

/** What each kind of line is called, and its sign. */
export const KINDS = {
  change: { add: ["+", "added"], del: ["-", "removed"] },
  comment: { add: ["#", "comment added"], del: ["#", "comment removed"] },
  moved: { add: ["↕", "moved here"], del: ["↕", "moved away"] },
  layout: { add: ["≈", "spelled anew"], del: ["≈", "spelled before"] },
};

/**
 * Parts two texts into blocks: `{same, lines}` and `{pairs}`, each pair `[old, new]` of `{number, text, kind}` or null.
 * Of the same lines those far from a change are folded.
 */
export function blocks(unified, oldText, newText, format) {
  const [old, young] = [split(oldText), split(newText)];
  const edits = pairs(unified, old, young);
  classify(edits, format);
  const found = [];
  let [a, b] = [0, 0];
  for (const edit of [...edits, { oldAt: old.length, newAt: young.length, pairs: [] }]) {
    same(found, old, a, edit.oldAt, b, edit.newAt === young.length && !edit.pairs.length);
    if (edit.pairs.length) found.push({ pairs: edit.pairs });
    a = edit.oldAt + edit.pairs.filter(([left]) => left).length;
    b = edit.newAt + edit.pairs.filter(([, right]) => right).length;
  }
  return found;
}

const AROUND = 3;

function same(found, old, a, end, b, isLast) {
  const lines = (from, to) => old.slice(from, to).map((text, at) => [from + at + 1, b + (from - a) + at + 1, text]);
  const [head, tail] = [found.length ? AROUND : 0, isLast ? 0 : AROUND];
  if (end - a <= head + tail + 1) {
    if (end > a) found.push({ same: true, lines: lines(a, end) });
    return;
  }
  if (head) found.push({ same: true, lines: lines(a, a + head) });
  found.push({ same: true, isFolded: true, lines: lines(a + head, end - tail) });
  if (tail) found.push({ same: true, lines: lines(end - tail, end) });
}

function split(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Reads the hunks: runs of lines that went and came, with where they begin. */
function pairs(unified, old, young) {
  const edits = [];
  let run = null;
  let [a, b] = [0, 0];
  const close = () => {
    if (run) edits.push({ oldAt: run.oldAt, newAt: run.newAt, pairs: beside(run.del, run.add) });
    run = null;
  };
  for (const line of unified.split("\n").slice(2)) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk) {
      close();
      a = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      b = Number(hunk[3]) - (hunk[4] === "0" ? 0 : 1);
    } else if (line[0] === "-" || line[0] === "+") {
      run ??= { oldAt: a, newAt: b, del: [], add: [] };
      if (line[0] === "-") run.del.push({ number: a + 1, text: old[a++] ?? "" });
      else run.add.push({ number: b + 1, text: young[b++] ?? "" });
    } else if (line[0] === " ") {
      close();
      a += 1;
      b += 1;
    }
  }
  close();
  return edits;
}

function beside(del, add) {
  return Array.from({ length: Math.max(del.length, add.length) }, (_, at) => [del[at] ?? null, add[at] ?? null]);
}

/** Says of each line whether it moved, is a comment, was only spelled anew, or changed what the config means. */
function classify(edits, format) {
  const [gone, come] = [new Map(), new Map()];
  const each = (side, visit) => edits.forEach((edit) => edit.pairs.forEach((pair) => pair[side] && visit(pair[side], pair)));
  const tally = (map) => (line) => map.set(core(line.text), (map.get(core(line.text)) ?? 0) + 1);
  each(0, tally(gone));
  each(1, tally(come));
  const mark = (side, others) => each(side, (line, pair) => {
    const other = pair[1 - side];
    const text = core(line.text);
    if (isComment(line.text, format)) line.kind = "comment";
    else if (other && squeezed(line.text) === squeezed(other.text)) line.kind = "layout";
    else if (text && others.get(text)) line.kind = "moved";
    else line.kind = text ? "change" : "layout";
  });
  mark(0, come);
  mark(1, gone);
}

const core = (text) => text.trim().replace(/,$/, "");
const squeezed = (text) => text.replace(/\s+/g, "").replace(/,$/, "");

const COMMENTS = { yaml: /^#/, toml: /^#/, env: /^#/, ini: /^[#;]/, properties: /^[#!]/, jsonc: /^\/[/*]|^\*/, json5: /^\/[/*]|^\*/ };

const isComment = (text, format) => COMMENTS[format]?.test(text.trim()) ?? false;

const MOST_CHARACTERS = 20000;

/** What two lines share at both ends, in words: `[head, old middle, new middle, tail]`; null where it is too little. */
export function words(old, young) {
  if (old.length + young.length > MOST_CHARACTERS) return null;
  const [a, b] = [old, young].map((text) => text.match(/\w+|\s+|[^\w\s]/gu) ?? []);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const shared = [...a.slice(0, head), ...a.slice(a.length - tail)].join("").trim().length;
  if (shared * 4 < Math.max(old.trim().length, young.trim().length)) return null;
  const middle = (words) => words.slice(head, words.length - tail).join("");
  return [a.slice(0, head).join(""), middle(a), middle(b), a.slice(a.length - tail).join("")];
}
