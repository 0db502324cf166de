/** What fits: characters, hashtags and SMS parts, counted as the platforms do. */
import type { Platform } from "../canvas/cards";
import type { Words } from "./words";

const GSM =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENSION = "\f^{}\\[~]|€";
const BASIC = new Set(GSM);
const EXTENDED = new Set(GSM_EXTENSION);

export interface SmsLength {
  units: number;
  parts: number;
  /** What fits into this many parts. */
  room: number;
}

/** Length in the units of the encoding it needs; no character is split between parts. */
export function smsLength(text: string): SmsLength {
  const characters = Array.from(text);
  const gsm = characters.every((character) => BASIC.has(character) || EXTENDED.has(character));
  const cost = (character: string) => (gsm ? (EXTENDED.has(character) ? 2 : 1) : character.length);
  const units = characters.reduce((sum, character) => sum + cost(character), 0);
  const [single, part] = gsm ? [160, 153] : [70, 67];
  if (units <= single) return { units, parts: 1, room: single };
  let parts = 1;
  let filled = 0;
  for (const character of characters) {
    if (filled + cost(character) > part) {
      parts += 1;
      filled = 0;
    }
    filled += cost(character);
  }
  return { units, parts, room: parts * part };
}

/** Characters as a person counts them: code points. */
export function characters(text: string): number {
  return Array.from(text).length;
}

export const MAX_HASHTAGS = 5;
export const MAX_SUBJECT = 50;

const MAX: Partial<Record<Platform, number>> = { instagram: 2200, linkedin: 3000 };

/** What a post may be long; null where the platform sets no such limit. */
export function maxLength(platform: Platform): number | null {
  return MAX[platform] ?? null;
}

/** The caption as it is posted, hashtags at its end. */
export function posted(caption: string, hashtags: string[]): string {
  return [caption, hashtags.map(hash).join(" ")].filter(Boolean).join("\n\n");
}

/** A draft as it is pasted into its platform. */
export function plainText(platform: Platform, words: Words): string {
  const { title, preheader, body, caption, cta, hashtags } = words;
  const parts = platform === "email" ? [title, preheader, body, cta] : [posted([caption, cta].filter(Boolean).join("\n\n"), hashtags)];
  return parts.filter(Boolean).join("\n\n");
}

/** `#tag`, however it was written. */
export function hash(tag: string): string {
  return tag.startsWith("#") ? tag : `#${tag}`;
}
