/** Alternatives to choose from; nothing is saved until one is chosen. */
import type { Action } from "../api/types";
import { text } from "../canvas/cards";
import type { Artefact } from "./run";
import { useThread } from "./thread";

/** The alternatives as they are written, each with a button once all are there. */
export function Variants({ artefact: { args, identity, result } }: { artefact: Artefact }) {
  const { say, running } = useThread();
  const told = text(args["field"]);
  const field = told === "whole" ? (TEXTS[identity.platform ?? ""] ?? "caption") : told;
  const written: unknown = args["alternatives"];
  const all = Array.isArray(written) ? (written as ({ text?: string; note?: string } | null)[]) : [];
  if (all.length === 0) return null;
  return (
    <ol className="variants" aria-label="Alternatives">
      {all.map((one, at) => (
        <li key={at}>
          <p dir="auto">{one?.text}</p>
          {one?.note && <p className="meta" dir="auto">{one.note}</p>}
          {result?.content_id && (
            <button
              className="link"
              aria-label={`Use alternative ${at + 1}`}
              disabled={running}
              onClick={() => say(`Use alternative ${at + 1}`, { actions: [choice(result.content_id ?? "", field, one?.text ?? "")] })}
            >
              Use this
            </button>
          )}
        </li>
      ))}
    </ol>
  );
}

/** The field that holds the text itself, where it is not the caption. */
const TEXTS: Record<string, string> = { email: "body", sms: "text" };
const MOST_BRIEF = 600;

/** A field is replaced as it stands; an opening is worked in by the copilot. */
function choice(id: string, field: string, chosen: string): Action {
  const action: Action = { intent: "edit", targets: [id] };
  if (field === "opening") return { ...action, brief: `Use this opening: ${chosen}`.slice(0, MOST_BRIEF) };
  return { ...action, brief: `Use another ${field}`, replacement: { [field]: chosen } };
}
