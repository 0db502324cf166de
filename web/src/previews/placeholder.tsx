/** Where the picture will be: typeset in the customer's colours, and said to be no picture yet. */
import type { Card } from "../canvas/cards";

/** The picture if there is one, else its place. */
export function Placeholder({ card, title }: { card: Card; title: string }) {
  const image = card.content?.media.image_url;
  if (image?.startsWith("/")) return <img className="picture" src={image} alt={card.content?.media.alt_text ?? ""} />;
  const long = title.length > 24;
  return (
    <div className={long ? "poster small" : "poster"} role="img" aria-label={`No picture yet. Theme: ${title}`}>
      <span className="ph">{title}</span>
      <span className="none">no picture yet</span>
    </div>
  );
}
