/** The words of a draft, wherever they come from: the document, the stream, or the editor. */
import type { ContentPatch } from "../api/types";
import { text, type Card } from "../canvas/cards";
import type { Edit } from "../session/kept";

export interface Words {
  title: string;
  caption: string;
  hashtags: string[];
  cta: string;
  preheader: string;
  body: string;
}

/** The words while they are edited, against the version that was opened. */
export interface DraftEdit extends Edit<Words> {
  version: number;
  revision: number;
}

/** The place under which an edit of the card is kept. */
export function editPlace(card: Card): string {
  return `draft:${card.content?.id ?? card.key}`;
}

/** What the card says now. */
export function wordsOf(card: Card): Words {
  const { artefact, content } = card;
  // What was saved is read again a moment after its result.
  const streaming = artefact && (artefact.stage !== "done" || !content || (artefact.result?.version ?? 0) > content.version);
  if (content && !streaming) {
    const { title, text_content: words } = content;
    return {
      title,
      caption: words.caption,
      hashtags: words.hashtags,
      cta: words.cta,
      preheader: words.preheader ?? "",
      body: words.body ?? "",
    };
  }
  const args = artefact?.args ?? {};
  const tags = args["hashtags"];
  return {
    title: text(args["subject"]) || text(args["title"]),
    caption: text(args["caption"]) || text(args["text"]),
    hashtags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    cta: text(args["cta"]),
    preheader: text(args["preheader"]),
    body: text(args["body"]),
  };
}

/** What a save sends: only the fields that were changed. */
export function patchOf(before: Words, after: Words): ContentPatch {
  const { title, ...rest } = after;
  const changed = Object.entries(rest).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Words]),
  );
  return {
    ...(title === before.title ? {} : { title }),
    ...(changed.length > 0 ? { text_content: Object.fromEntries(changed) } : {}),
  };
}
