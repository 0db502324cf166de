/** A post as Instagram shows it. */
import { Icon } from "../ui/icons";
import { handle, initial } from "./brand";
import { hash } from "./limits";
import { Placeholder } from "./placeholder";
import { Prose } from "./prose";
import { TagEditor } from "./tag-editor";
import type { PreviewProps } from "./preview";

const FOLD = 125;

/** Head, picture, actions, caption. */
export function Instagram({ card, business, words, checks, edit, unfolded, onUnfold, writing }: PreviewProps) {
  const name = handle(business.business_name);
  return (
    <div className="pv">
      <div className="pv-h">
        <span className="ava">{initial(business.business_name)}</span>
        <b>{name}</b>
      </div>
      <Placeholder card={card} title={card.theme || words.title} />
      <div className="pv-acts" aria-hidden="true">
        <Icon name="heart" />
        <Icon name="comment" />
        <Icon name="send" />
        <Icon name="bookmark" />
      </div>
      <div className="pv-text" dir="auto">
        {!edit && (
          <bdi>
            <b>{name}</b>{" "}
          </bdi>
        )}
        <Prose
          field="caption"
          label="Caption"
          text={words.caption}
          checks={checks}
          fold={unfolded ? undefined : FOLD}
          onUnfold={onUnfold}
          writing={writing && words.hashtags.length === 0}
          onEdit={edit && ((caption) => edit({ caption }))}
        />
        {edit && (
          <Prose field="cta" label="Call to action" text={words.cta} checks={checks} onEdit={(cta) => edit({ cta })} />
        )}
        {edit && <TagEditor tags={words.hashtags} onEdit={(hashtags) => edit({ hashtags })} />}
        {!edit && unfolded && words.cta && (
          <p className="pv-cta">
            <Prose field="cta" label="Call to action" text={words.cta} checks={checks} />
          </p>
        )}
        {!edit && unfolded && words.hashtags.length > 0 && (
          <p className="hash">{words.hashtags.map(hash).join(" ")}</p>
        )}
      </div>
    </div>
  );
}
