/** One card: how it stands, the preview that is also the editor, what failed, sources and room. */
import { memo, useRef, useState } from "react";

import type { Business } from "../api/types";
import { when, whenInWeek } from "../canvas/dates";
import { checksOf, DRAFT_NAMES, platformIcon, PLATFORM_NAMES, stateOf, type Card } from "../canvas/cards";
import { SourceChip } from "../canvas/sources";
import { Icon } from "../ui/icons";
import { Trouble } from "../ui/trouble";
import { CheckList } from "./check-list";
import { Discard } from "./discard";
import { isTooLong, Length } from "./length";
import { Preview } from "./preview";
import { Standing } from "./standing";
import { useSave } from "./use-save";
import { wordsOf, type Words } from "./words";

interface Edit {
  before: Words;
  words: Words;
  version: number;
}

interface Props {
  card: Card;
  business: Business;
  selected: boolean;
  /** The year in view; none where the whole week is. */
  year: number | null;
}

/** A draft that can leave the house. */
export const DraftCard = memo(function DraftCard({ card, business, selected, year }: Props) {
  const state = stateOf(card);
  const writing = state === "writing";
  const [unfolded, setUnfolded] = useState(card.artefact !== null);
  const [edit, setEdit] = useState<Edit | null>(null);
  const [asking, setAsking] = useState(false);
  const article = useRef<HTMLElement>(null);
  const bin = useRef<HTMLButtonElement>(null);
  const { save, remove, saving, error, reload } = useSave(card.content);
  const saved = wordsOf(card);
  const words = edit?.words ?? saved;
  const checks = edit || state === "checking" ? [] : checksOf(card);
  const sources = (card.content?.ai_metadata.sources ?? card.artefact?.result?.sources ?? []).filter(
    (source) => source.kind !== "voice" && source.kind !== "segment",
  );
  const show = unfolded || selected || state === "failed" || edit !== null;

  const name = card.theme || words.title || DRAFT_NAMES[card.platform];
  const removable = card.content?.status === "draft" && !card.artefact && !edit;
  const begin = card.content && (() => {
    setAsking(false);
    setEdit({ before: saved, words: saved, version: card.content?.version ?? 0 });
  });

  async function submit() {
    if (edit && (await save(edit.version, edit.before, edit.words))) setEdit(null);
  }

  function keep() {
    setAsking(false);
    bin.current?.focus();
  }

  async function discard() {
    const around = article.current?.closest<HTMLElement>(".canvas") ?? article.current?.closest(".sheet")?.querySelector("h2");
    setAsking(false);
    article.current?.querySelector("header")?.scrollIntoView({ block: "nearest" });
    if (await remove()) around?.focus({ preventScroll: true });
  }

  return (
    <article
      ref={article}
      className="card"
      id={`card-${card.key}`}
      aria-current={selected ? true : undefined}
      aria-label={`${PLATFORM_NAMES[card.platform]}, ${name}`}
    >
      <header className="card-h">
        <Icon name={platformIcon(card.platform)} />
        <time>{card.at ? (year === null ? whenInWeek(card.at) : when(card.at, year)) : "no date"}</time>
        {saving ? (
          <span className="st">
            <i className="turn" /> {edit ? "Being checked" : "Being deleted"}
          </span>
        ) : (
          <Standing card={card} edited={edit !== null} />
        )}
        {begin && !edit && !asking && !saving && state !== "writing" && state !== "checking" && (
          <button className="ib" aria-label={`Edit ${name}`} onClick={begin}>
            <Icon name="compose" />
          </button>
        )}
      </header>
      <Preview
        card={card}
        business={business}
        words={words}
        checks={checks}
        writing={writing}
        edit={edit ? (change) => setEdit({ ...edit, words: { ...edit.words, ...change } }) : undefined}
        unfolded={show}
        onUnfold={() => setUnfolded(true)}
      />
      <CheckList checks={checks} words={words} onEdit={begin ?? undefined} />
      {error && (
        <Trouble
          action={
            error.stale && (
              <button
                className="link"
                onClick={() => {
                  setEdit(null);
                  reload();
                }}
              >
                Reload it
              </button>
            )
          }
        >
          {error.text}
        </Trouble>
      )}
      {edit && (
        <div className="card-edit">
          <button className="btn primary small" disabled={saving || isTooLong(card.platform, edit.words)} onClick={() => void submit()}>
            Save
          </button>
          <button className="btn quiet small" disabled={saving} onClick={() => setEdit(null)}>
            Cancel
          </button>
        </div>
      )}
      {asking && removable && (
        <Discard planned={card.slotId !== null} busy={saving} onDelete={() => void discard()} onKeep={keep} />
      )}
      <footer className="card-f">
        {!edit && sources.map((source) => <SourceChip key={`${source.kind}:${source.ref}`} source={source} />)}
        <Length platform={card.platform} words={words} />
        {removable && (
          <button
            ref={bin}
            className="ib"
            aria-label={`Delete ${name}`}
            aria-expanded={asking}
            disabled={saving}
            onClick={() => setAsking(!asking)}
          >
            <Icon name="trash" />
          </button>
        )}
      </footer>
    </article>
  );
});
