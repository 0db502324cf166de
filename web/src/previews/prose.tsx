/** One field of a draft: its text with the failed spans marked, or the same text in an editor. */
import { useLayoutEffect, useRef } from "react";

import type { Check } from "../api/types";
import { isQuotable } from "./check-list";
import { stopsApproval } from "../canvas/cards";

interface Props {
  /** The field's name as spans give it. */
  field: string;
  label: string;
  text: string;
  checks: Check[];
  /** Set while the draft is edited. */
  onEdit?: ((text: string) => void) | undefined;
  /** Show this many characters and a way to the rest. */
  fold?: number | undefined;
  onUnfold?: (() => void) | undefined;
  writing?: boolean;
  line?: boolean;
}

/** Marked text or an editor of the same shape. */
export function Prose({ field, label, text, checks, onEdit, fold, onUnfold, writing, line }: Props) {
  if (onEdit) return <Editor label={label} text={text} onEdit={onEdit} line={line ?? false} />;
  const characters = Array.from(text);
  const folded = fold !== undefined && characters.length > fold + 20;
  // Not within a word.
  const end = folded ? characters.slice(0, fold).join("").replace(/\s+\S*$/, "").length : undefined;
  return (
    <>
      <Marked characters={folded ? Array.from(text.slice(0, end)) : characters} checks={spansIn(checks, field)} />
      {folded && (
        <>
          …{" "}
          <button type="button" className="more" onClick={onUnfold}>
            more
          </button>
        </>
      )}
      {writing && <i className="caret" />}
    </>
  );
}

interface Marking {
  start: number;
  end: number;
  message: string;
  hard: boolean;
}

function spansIn(checks: Check[], field: string): Marking[] {
  return checks
    .filter((check) => !check.passed)
    .flatMap((check) =>
      check.spans
        .filter((span) => span.field === field && isQuotable(span))
        .map(({ start, end }) => ({ start, end, message: check.message, hard: stopsApproval(check) })),
    )
    .sort((a, b) => a.start - b.start);
}

/** Spans count code points, so the text comes as an array of them. */
function Marked({ characters, checks }: { characters: string[]; checks: Marking[] }) {
  const parts = [];
  let at = 0;
  for (const { start, end, message, hard } of checks) {
    if (start < at || start >= characters.length) continue;
    parts.push(characters.slice(at, start).join(""));
    parts.push(
      <mark key={start} className={hard ? undefined : "soft"} title={message}>
        {characters.slice(start, end).join("")}
      </mark>,
    );
    at = end;
  }
  parts.push(characters.slice(at).join(""));
  return <span className="prose">{parts}</span>;
}

function Editor({ label, text, onEdit, line }: { label: string; text: string; onEdit: (text: string) => void; line: boolean }) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text]);
  return (
    <textarea
      ref={area}
      className="edit"
      rows={1}
      dir="auto"
      aria-label={label}
      value={text}
      onChange={(event) => onEdit(line ? event.target.value.replaceAll("\n", " ") : event.target.value)}
    />
  );
}
