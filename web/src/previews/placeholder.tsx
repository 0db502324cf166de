/** Where the picture will be: typeset in the customer's colours, and said to be no picture yet. */
import type { CSSProperties } from "react";

import type { Card } from "../canvas/cards";

/** The picture if there is one, else its place. */
export function Placeholder({ card, title }: { card: Card; title: string }) {
  const image = card.content?.media.image_url;
  if (image?.startsWith("/")) return <img className="picture" src={image} alt={card.content?.media.alt_text ?? ""} />;
  const size = { "--size": `${headlineSize(title)}cqw` } as CSSProperties;
  return (
    <div className="poster" role="img" aria-label={`No picture yet. Theme: ${title}`}>
      <span className="ph" style={size} dir="auto">
        {title}
      </span>
      <span className="disc" />
      <span className="none">no picture yet</span>
    </div>
  );
}

const LINE_CQW = 86;
/** About the width of a bold, narrow capital beside its height. */
const CAPITAL = 0.5;
const SMALLEST = 5;

/** As large as its length allows, and so that its longest word fits on a line. Han and kana break anywhere. */
function headlineSize(title: string): number {
  const wanted = title.length > 60 ? 9 : title.length > 24 ? 13 : 19;
  const words = title.split(/[\s\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}-]+/u);
  const longest = Math.max(1, ...words.map((word) => Array.from(word).length));
  return Math.max(SMALLEST, Math.min(wanted, LINE_CQW / (CAPITAL * longest)));
}
