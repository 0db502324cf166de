/** What the server refused, said about what was typed. */
import type { Problem } from "../api/types";

type Refusal = NonNullable<Problem["errors"]>[number];

const SHOWN = 32;

/** One sentence for each refused value, with the value where it is one of several. */
export function refusalsOf(errors: Refusal[], sent: unknown): string {
  const said = errors.map(({ field, message }) => {
    const names = field.split(".");
    return `${subject(valueAt(sent, names))} ${message}.`;
  });
  return [...new Set(said)].join(" ");
}

function subject(value: unknown): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (!text) return "It";
  return `“${text.length > SHOWN ? `${text.slice(0, SHOWN).trimEnd()}…` : text}”`;
}

function valueAt(sent: unknown, names: string[]): unknown {
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], sent);
}
