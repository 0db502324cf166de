/** A post as LinkedIn shows it. */
import { shortDay } from "../canvas/dates";
import { Icon } from "../ui/icons";
import { initial } from "./brand";
import { hash } from "./limits";
import { Prose } from "./prose";
import { TagEditor } from "./tag-editor";
import type { PreviewProps } from "./preview";

const FOLD = 210;

/** Head, text, actions. */
export function LinkedIn({ card, business, words, checks, edit, unfolded, onUnfold, writing }: PreviewProps) {
  return (
    <div className="pv">
      <div className="pv-h">
        <span className="ava sq">{initial(business.business_name)}</span>
        <span>
          <b dir="auto">{business.business_name}</b>
          <small>
            {card.at ? shortDay(card.at) : "no date yet"} · <Icon name="globe" />
          </small>
        </span>
      </div>
      <div className="pv-text" dir="auto">
        <Prose
          field="caption"
          label="Text"
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
      <div className="pv-acts" aria-hidden="true">
        <Icon name="like" />
        <Icon name="comment" />
        <Icon name="repost" />
        <Icon name="send" />
      </div>
    </div>
  );
}
