/** The lines of a profile: how each is shown, typed and read back. */
import type { Business, ProfilePatch, Segment } from "../api/types";
import { languageName } from "./languages";

export type Control = "line" | "lines" | "language" | "zone";

export interface ProfileLine {
  /** The name by which source chips open the row. */
  name: string;
  /** The field of the document, by which an address opens the form. */
  field: string;
  label: string;
  control: Control;
  required?: boolean;
  hint?: string;
  shown: (business: Business) => string;
  typed: (business: Business) => string;
  patch: (text: string, business: Business) => ProfilePatch;
  /** What is worth knowing about the value as it is. */
  note?: (business: Business) => string;
}

type TextField = "business_name" | "brand_voice" | "industry" | "postal_address" | "timezone" | "language";

function plain(name: string, field: TextField, label: string, more: Partial<ProfileLine> = {}): ProfileLine {
  const read = (business: Business) => business[field];
  return { name, field, label, control: "line", shown: read, typed: read, patch: (text) => ({ [field]: text }), ...more };
}

function list(
  name: string,
  field: "primary_goals" | "banned_words",
  label: string,
  hint: string,
  more: Partial<ProfileLine> = {},
): ProfileLine {
  return {
    ...more,
    name,
    field,
    label,
    control: "line",
    hint,
    shown: (business) => business[field].join(", "),
    typed: (business) => join(business[field]),
    patch: (text) => ({ [field]: split(text) }),
  };
}

const AUDIENCE: ProfileLine = {
  name: "segment",
  field: "target_audience",
  label: "Audience",
  control: "lines",
  hint: "One group on each line, with its age if you like: Young Professionals, 22–35",
  shown: (business) => business.target_audience.map(asLine).join("; "),
  typed: (business) => business.target_audience.map(asLine).join("\n"),
  patch: (text, business) => ({
    target_audience: text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean)
      .map((line) => asSegment(line, business.target_audience)),
  }),
};

export const COLORS = "brand_colors";

/** In the order of the page. */
export const PROFILE: ProfileLine[] = [
  plain("name", "business_name", "Name", { required: true }),
  plain("voice", "brand_voice", "Voice"),
  plain("industry", "industry", "Industry", { required: true }),
  plain("language", "language", "Language", { control: "language", shown: ({ language }) => languageName(language) }),
  list("banned", "banned_words", "Words to avoid", "Separate with commas: cheap, unbeatable", { note: ownName }),
  AUDIENCE,
  list("goals", "primary_goals", "Goals", "Separate with commas"),
  plain("address", "postal_address", "Postal address"),
  {
    name: "colors",
    field: COLORS,
    label: "Colours",
    control: "line",
    hint: "As #RRGGBB, separated with commas: #1A4D5C, #F2B705",
    shown: (business) => business.brand_assets.brand_colors.join(", "),
    typed: (business) => business.brand_assets.brand_colors.join(", "),
    patch: (text) => ({ brand_assets: { brand_colors: text.split(/[\s,;]+/).filter(Boolean).map(hex) } }),
  },
  plain("zone", "timezone", "Time zone", { control: "zone", required: true }),
];

/** A name is in every signature, so a word of it that is to be avoided marks them all. */
function ownName({ business_name, banned_words }: Business): string {
  const name = folded(business_name);
  const words = banned_words.filter((word) => name.includes(folded(word)));
  const said = words.map((word) => `“${word}”`).join(", ");
  return said && `Your own name has ${said}; every signature would be marked.`;
}

/** Words between single spaces, whatever their case and accents. */
function folded(text: string): string {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return ` ${plain.replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
}

function asLine({ segment_name, age_range }: Segment): string {
  return [segment_name, age_range.replace("-", "–")].filter(Boolean).join(", ");
}

/** A line that stays keeps its group whole; a group known by its name keeps its interests. */
function asSegment(line: string, known: Segment[]): Segment {
  const same = known.find((segment) => asLine(segment) === line);
  if (same) return same;
  const [, name = line, age = ""] = /^(.+?)\s*,\s*([^,]*\d[^,]*)$/.exec(line) ?? [];
  const interests = known.find((segment) => segment.segment_name === name)?.interests ?? [];
  return { segment_name: name, age_range: age.replace("–", "-"), interests };
}

/** Commas part the items, or semicolons where an item has a comma. */
function join(items: string[]): string {
  return items.some((item) => item.includes(",")) ? `${items.join("; ")};` : items.join(", ");
}

function split(text: string): string[] {
  const items = text.split(text.includes(";") ? ";" : ",").map((item) => item.trim());
  return items.filter(Boolean);
}

/** Without its mark, or as three digits, a colour is known; anything else stays as it was typed. */
function hex(color: string): string {
  const digits = color.replace(/^#/, "");
  if (/^[0-9a-f]{3}$/i.test(digits)) return `#${digits.replace(/./g, "$&$&")}`;
  return /^[0-9a-f]{6}$/i.test(digits) ? `#${digits}` : color;
}
