/** What the server refused, said about what was typed. */
import type { Problem } from "../api/types";

type Refusal = NonNullable<Problem["errors"]>[number];

/** A pattern says nothing to people: how the field is written. */
const FORMS: Record<string, string> = {
  brand_colors: "is not a colour; write it as #RRGGBB",
  language: "is not a language code; write it as en, or pt-BR",
  timezone: "is not a time zone; choose one such as Europe/Paris",
};
const SHOWN = 32;

/** One sentence for each refused value, with the value where it is one of several. */
export function refusalsOf(errors: Refusal[], sent: unknown): string {
  const said = errors.map(({ field, message }) => {
    const names = field.split(".");
    const form = /^(must have the form|not an? )/.test(message) ? FORMS[names.findLast((name) => name in FORMS) ?? ""] : null;
    return `${subject(valueAt(sent, names))} ${form ?? message}.`;
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
