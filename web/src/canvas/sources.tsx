/** Why it says what it says: chips that open what they name. */
import { useState } from "react";

import type { Source } from "../api/types";
import type { Artefact } from "../copilot/run";
import { Icon, type IconName } from "../ui/icons";
import type { Card } from "./cards";
import { shortDay } from "./dates";
import { useOpen } from "./open";

const ICONS: Record<string, IconName> = {
  fact: "fact",
  memory: "history",
  voice: "voice",
  segment: "people",
  campaign: "calendar",
  request: "chat",
};

/** The sources of these kinds that the drafts cite, each once. */
export function sourceChips(artefacts: Artefact[], kinds: string[]): Source[] {
  const found = artefacts.flatMap((artefact) => artefact.result?.sources ?? []).filter((source) => kinds.includes(source.kind));
  return [...new Map(found.map((source) => [`${source.kind}:${source.ref}`, source])).values()];
}

/** The same on all cards, so the answer names them. */
export const SHARED = ["voice", "segment", "campaign"];
const SHOWN = 2;

/** What a card was made from: what can be opened first, each once, and no more than fit unless asked for. */
export function CardSources({ card }: { card: Card }) {
  const [all, setAll] = useState(false);
  const sources = card.content?.ai_metadata.sources ?? card.artefact?.result?.sources ?? [];
  const own = sources.filter((source) => !SHARED.includes(source.kind));
  const distinct = [...new Map(own.map((source) => [source.label, source])).values()];
  const sorted = distinct.sort((a, b) => Number(isPlain(a)) - Number(isPlain(b)));
  const more = sorted.length - SHOWN;
  return (
    <>
      {sorted.slice(0, all ? sorted.length : SHOWN).map((source) => (
        <SourceChip key={`${source.kind}:${source.ref}`} source={source} />
      ))}
      {more > 0 && (
        <button className="src more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "less" : `+${more}`}
          <span className="vh">sources</span>
        </button>
      )}
    </>
  );
}

/** There is nothing to open: it was said, or is remembered. */
function isPlain({ kind }: Source): boolean {
  return kind === "memory" || kind === "request";
}

/** A fact opens its row, voice and segment their rows, a campaign its calendar. */
export function SourceChip({ source }: { source: Source }) {
  const { openFacts, openAll } = useOpen();
  const icon = <Icon name={ICONS[source.kind] ?? "fact"} />;
  const label = source.label.replace(/^\d{4}-\d\d-\d\d\b/, shortDay);
  if (isPlain(source)) {
    return (
      <span className="src plain" title={label}>
        {icon} <span dir="auto">{label}</span>
      </span>
    );
  }
  const open = () => {
    if (source.kind === "campaign") openAll();
    else openFacts(source.kind === "fact" ? source.ref : source.kind);
  };
  return (
    <button className="src" title={label} onClick={open}>
      {icon} <span dir="auto">{label}</span>
    </button>
  );
}
