/** The difference between two revisions of a draft, field by field. */
import { useMemo } from "react";

import type { Revision } from "../api/types";
import { difference, shortened } from "./diff";
import { hash } from "./limits";

type Texts = Pick<Revision, "title" | "text_content">;

/** Only what differs; the words beside it say where. */
export function Difference({ before, after, email }: { before: Texts; after: Texts; email: boolean }) {
  const changed = useMemo(() => {
    const [old, now] = [fieldsOf(before, email), fieldsOf(after, email)];
    const differs = Object.entries(now).filter(([name, text]) => text !== old[name]);
    return differs.map(([name, text]) => ({ name, pieces: shortened(difference(old[name] ?? "", text)) }));
  }, [before, after, email]);
  return (
    <div className="diff" role="group" aria-label="What was changed">
      {changed.length === 0 && <p>Not a word differs.</p>}
      {changed.map(({ name, pieces }) => (
        <p key={name} dir="auto">
          {email && <b>{name}</b>}
          {pieces.map((piece, at) =>
            piece.kind === "out" ? <del key={at}>{piece.text}</del> : piece.kind === "in" ? <ins key={at}>{piece.text}</ins> : piece.text,
          )}
        </p>
      ))}
    </div>
  );
}

function fieldsOf({ title, text_content: words }: Texts, email: boolean): Record<string, string> {
  const lines = (text: string | null | undefined) => (text ?? "").replace(/\n\s*\n/g, "\n");
  const { caption = "", cta = "", hashtags = [], preheader, body } = words;
  if (!email) return { Text: lines([caption, cta].filter(Boolean).join("\n")), Hashtags: hashtags.map(hash).join(" ") };
  return { Subject: title, Preheader: preheader ?? "", Text: lines(body), Button: cta };
}
