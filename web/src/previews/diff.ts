/** What differs between two texts, word by word. */

export interface Piece {
  kind: "same" | "out" | "in";
  text: string;
}

/** A run of letters or digits, one character of a script without spaces, white space, or a sign. */
const WORDS = /[\p{Script=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}’']+|\s+|./gsu;
/** Cells of the table; above them a text counts as written anew. */
const MOST_CELLS = 1_000_000;

/** What stays, what was taken out and what came in, in the order of the texts. */
export function difference(before: string, after: string): Piece[] {
  const [a, b] = [before.match(WORDS) ?? [], after.match(WORDS) ?? []];
  let head = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const same = (words: string[]): Piece => ({ kind: "same", text: words.join("") });
  return joined([same(a.slice(0, head)), ...middle, same(a.slice(a.length - tail))]);
}

/** By the longest common subsequence. */
function between(a: string[], b: string[]): Piece[] {
  const whole: Piece[] = [
    { kind: "out", text: a.join("") },
    { kind: "in", text: b.join("") },
  ];
  if (a.length === 0 || b.length === 0 || a.length * b.length > MOST_CELLS) return whole;
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: Piece[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [out, into] = [a[i], b[j]];
    if (out !== undefined && out === into) {
      pieces.push({ kind: "same", text: out });
      i += 1;
      j += 1;
    } else if (out !== undefined && (into === undefined || at(i + 1, j) >= at(i, j + 1))) {
      pieces.push({ kind: "out", text: out });
      i += 1;
    } else {
      pieces.push({ kind: "in", text: into ?? "" });
      j += 1;
    }
  }
  return pieces;
}

/** Neighbours of a kind as one; white space and signs alone do not keep two changes apart. */
function joined(pieces: Piece[]): Piece[] {
  const filled = pieces.filter(({ text }) => text);
  const told: Piece[] = [];
  let [out, into] = ["", ""];
  const stay = (text: string) => {
    const last = told.at(-1);
    if (last?.kind === "same") last.text += text;
    else if (text) told.push({ kind: "same", text });
  };
  const flush = () => {
    // Another line break is no change that can be shown.
    if (!out.trim() && !into.trim()) stay(into || out);
    else {
      if (out.trim()) told.push({ kind: "out", text: out });
      if (into.trim()) told.push({ kind: "in", text: into });
    }
    [out, into] = ["", ""];
  };
  for (const [place, { kind, text }] of filled.entries()) {
    const goesOn = () => filled.slice(place + 1).find((each) => each.kind !== "same" || isWord(each.text))?.kind ?? "same";
    if (kind === "out") out += text;
    else if (kind === "in") into += text;
    else if ((out || into) && !isWord(text) && goesOn() !== "same") {
      out += text;
      into += text;
    } else {
      flush();
      stay(text);
    }
  }
  flush();
  return told;
}

function isWord(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

const AROUND = 32;

/** Of a long stretch that stays, only what is beside a change. */
export function shortened(pieces: Piece[]): Piece[] {
  return pieces.map((piece, place) => {
    const letters = Array.from(piece.text);
    const [first, last] = [place === 0, place === pieces.length - 1];
    if (piece.kind !== "same" || letters.length < (first || last ? 1.5 : 2.5) * AROUND) return piece;
    const [head, tail] = [letters.slice(0, AROUND).join(""), letters.slice(-AROUND).join("")];
    // To whole words, where the script has spaces.
    const before = first ? "" : head.replace(/(\s)\S*$/, "$1");
    const after = last ? "" : tail.replace(/^\S*\s/, "");
    return { kind: "same", text: `${before}… ${after}` };
  });
}
