/** Why it says what it says: chips that open what they name. */
import type { Source } from "../api/types";
import type { Artefact } from "../copilot/run";
import { Icon, type IconName } from "../ui/icons";
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

/** A fact opens its row, voice and segment their rows, a campaign its calendar. */
export function SourceChip({ source }: { source: Source }) {
  const { openFacts, openAll } = useOpen();
  const icon = <Icon name={ICONS[source.kind] ?? "fact"} />;
  if (source.kind === "memory" || source.kind === "request") {
    return (
      <span className="src plain">
        {icon} <span>{source.label.replace(/^\d{4}-\d\d-\d\d\b/, shortDay)}</span>
      </span>
    );
  }
  const open = () => {
    if (source.kind === "campaign") openAll();
    else openFacts(source.kind === "fact" ? source.ref : source.kind);
  };
  return (
    <button className="src" onClick={open}>
      {icon} <span>{source.label}</span>
    </button>
  );
}
