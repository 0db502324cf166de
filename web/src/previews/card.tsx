/** One card: how it stands, the preview that is also the editor, what failed, sources and room. */
import { memo, useState, type KeyboardEvent } from "react";

import type { Business, Content } from "../api/types";
import { checksOf, DRAFT_NAMES, platformIcon, PLATFORM_NAMES, stateOf, type Card } from "../canvas/cards";
import { useShown } from "../canvas/open";
import { CardSources } from "../canvas/sources";
import { isChanged, useEdit } from "../session/kept";
import { useEditFocus } from "../ui/edit-focus";
import { Icon } from "../ui/icons";
import { useMedia } from "../ui/media";
import { Trouble } from "../ui/trouble";
import { offerUndo } from "../ui/undo";
import { AskChange } from "./ask-change";
import { CardMenu } from "./card-menu";
import { Changed } from "./changed";
import { CheckList } from "./check-list";
import { CopyText } from "./copy-text";
import { Discard } from "./discard";
import { isTooLong, Length } from "./length";
import { Preview } from "./preview";
import { Revisions } from "./revisions";
import { CardTime, SlotForm } from "./slot-form";
import { Standing } from "./standing";
import { useRemove, useSave } from "./use-save";
import { editPlace, wordsOf, type DraftEdit } from "./words";

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
  const [unfolded, setUnfolded] = useState(card.artefact !== null);
  const [edit, setEdit] = useEdit<DraftEdit>(editPlace(card));
  const [panel, setPanel] = useState<"delete" | "revisions" | "slot" | null>(null);
  const article = useShown<HTMLElement>(selected);
  const { save, restore, saving, error, reload } = useSave(card.content);
  const remove = useRemove();
  const saved = wordsOf(card);
  const words = edit?.now ?? saved;
  const checks = edit || state === "checking" ? [] : checksOf(card);
  const printed = useMedia("print");
  const show = unfolded || selected || printed || state === "failed" || edit !== null;

  const name = card.theme || words.title || DRAFT_NAMES[card.platform];
  const removable = card.content?.status === "draft" && !card.artefact && !edit;
  const begin = card.content && (() => {
    setPanel(null);
    const { version = 0, revision = 0 } = card.content ?? {};
    setEdit({ before: saved, now: saved, version, revision });
  });
  useEditFocus(`card-${card.key}`, edit !== null, saving);

  async function submit() {
    if (edit && (await save(edit))) setEdit(null);
  }

  function cancel() {
    setEdit(null);
    if (edit && isChanged(edit)) offerUndo({ text: `Discarded the changes to “${name}”.`, undo: () => setEdit(edit) });
  }

  async function takeBack(content: Content, revision: number) {
    if (!(await restore(content, revision))) return;
    setPanel(null);
    article.current?.focus({ preventScroll: true });
  }

  function closePanel() {
    setPanel(null);
    article.current?.querySelector<HTMLElement>(`[data-panel="${panel}"]`)?.focus();
  }

  function discard() {
    const around = article.current?.closest<HTMLElement>(".canvas") ?? article.current?.closest(".sheet")?.querySelector("h2");
    setPanel(null);
    article.current?.querySelector("header")?.scrollIntoView({ block: "nearest" });
    if (card.content) remove([card.content], name);
    around?.focus({ preventScroll: true });
  }

  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape" || event.nativeEvent.isComposing || !(edit ?? panel)) return;
    event.preventDefault();
    if (edit) cancel();
    else closePanel();
  }

  return (
    <article
      ref={article}
      className="card"
      id={`card-${card.key}`}
      tabIndex={-1}
      aria-current={selected ? true : undefined}
      aria-label={`${PLATFORM_NAMES[card.platform]}, ${name}`}
      onKeyDown={leave}
    >
      <header className="card-h">
        <Icon name={platformIcon(card.platform)} />
        <CardTime card={card} year={year} name={name} open={panel === "slot"} onOpen={() => setPanel(panel === "slot" ? null : "slot")} />
        {saving ? (
          <span className="st">
            <i className="turn" /> Being checked
          </span>
        ) : (
          <Standing card={card} edited={edit !== null} />
        )}
        {begin && !edit && panel !== "delete" && !saving && state !== "writing" && state !== "checking" && (
          <button className="ib" data-edit aria-label={`Edit ${name}`} onClick={begin}>
            <Icon name="compose" />
          </button>
        )}
      </header>
      {panel === "slot" && <SlotForm card={card} name={name} onClose={closePanel} />}
      <Preview
        card={card}
        business={business}
        words={words}
        checks={checks}
        writing={state === "writing"}
        edit={edit ? (change) => setEdit({ ...edit, now: { ...edit.now, ...change } }) : undefined}
        unfolded={show}
        onUnfold={() => setUnfolded(true)}
      />
      <CheckList
        checks={checks}
        stale={edit === null && card.content?.checks_stale === true}
        words={words}
        onEdit={begin ?? undefined}
      />
      {error && (
        <Trouble
          action={
            error.stale && (
              <button
                className="link"
                onClick={() => {
                  cancel();
                  void reload();
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
      {card.content && !edit && state !== "writing" && state !== "checking" && (
        <Changed content={card.content} name={name} busy={saving} onUndo={(content) => void takeBack(content, content.revision - 1)} />
      )}
      {edit && (
        <div className="card-edit">
          <button className="btn primary small" disabled={saving || isTooLong(card.platform, edit.now)} onClick={() => void submit()}>
            Save
          </button>
          <button className="btn quiet small" disabled={saving} onClick={cancel}>
            Cancel
          </button>
        </div>
      )}
      <footer className="card-f">
        {!edit && <CardSources card={card} />}
        <div className="len">
          <Length platform={card.platform} words={words} />
        </div>
        <div className="acts">
          {card.content && removable && <AskChange content={card.content} place={card.key} name={name} />}
          {card.content && !edit && <CopyText platform={card.platform} words={words} name={name} />}
          {card.content && !edit && (
            <CardMenu
              content={card.content}
              platform={card.platform}
              words={words}
              name={name}
              open={removable}
              revisions={panel === "revisions"}
              onRevisions={() => setPanel("revisions")}
            />
          )}
          {removable && (
            <button
              className="ib"
              aria-label={`Delete ${name}`}
              aria-expanded={panel === "delete"}
              data-panel="delete"
              disabled={saving}
              onClick={() => setPanel(panel === "delete" ? null : "delete")}
            >
              <Icon name="trash" />
            </button>
          )}
        </div>
      </footer>
      {/* Below the bin: a double click on it opens and closes this, and hits nothing else. */}
      {panel === "delete" && removable && <Discard planned={card.slotId !== null} onDelete={discard} onKeep={closePanel} />}
      {card.content && panel === "revisions" && (
        <Revisions
          content={card.content}
          busy={saving || !removable}
          onRestore={(revision) => card.content && void takeBack(card.content, revision)}
          onClose={closePanel}
        />
      )}
    </article>
  );
});
