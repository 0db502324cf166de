/** The languages to write in, with their names. */

const TAGS = ["en", "en-GB", "fr", "de", "es", "it", "pt", "nl"];
const OFFERS: Record<string, string> = {
  de: "Angebot",
  es: "Oferta",
  fr: "Offre",
  it: "Offerta",
  nl: "Aanbieding",
  pt: "Oferta",
};

/** The browser's language; some write a variant of the machine's behind it (`en-US@posix`). */
export function browserLanguage(): string {
  return navigator.language.split("@")[0] ?? "en";
}

/** What can be chosen; the present one is always among it. */
export function languageTags(present: string): string[] {
  return TAGS.includes(present) ? TAGS : [present, ...TAGS];
}

/** `British English` of `en-GB`; a tag without a name is its own. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Drafts repeat a fact's name, so the first one's is in the language they are written in. */
export function offerName(tag: string): string {
  return OFFERS[tag.split("-")[0] ?? ""] ?? "Offer";
}
