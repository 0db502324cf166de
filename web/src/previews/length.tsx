/** How much of the platform's room a draft takes, at the card's foot. */
import type { Platform } from "../canvas/cards";
import { characters, MAX_HASHTAGS, maxLength, posted, smsLength } from "./limits";
import type { Words } from "./words";

/** Counter, red when over. */
export function Length({ platform, words }: { platform: Platform; words: Words }) {
  if (platform === "sms") {
    const { units, parts, room } = smsLength(words.caption);
    return (
      <>
        <span>
          {parts} text {parts === 1 ? "message" : "messages"}
        </span>
        <span className={parts > 1 ? "lim warn" : "lim"}>
          {units}/{room}
        </span>
      </>
    );
  }
  const max = maxLength(platform);
  if (max === null) return null;
  const count = characters(posted([words.caption, words.cta].filter(Boolean).join("\n\n"), words.hashtags));
  const tags = words.hashtags.length;
  return (
    <>
      {platform === "instagram" && tags > MAX_HASHTAGS && (
        <span className="lim over">
          {tags}/{MAX_HASHTAGS} hashtags
        </span>
      )}
      <span className={count > max ? "lim over" : "lim"}>
        {count.toLocaleString("en-GB")}/{max.toLocaleString("en-GB")}
      </span>
    </>
  );
}

/** Whether it breaks a hard limit of its platform. */
export function isTooLong(platform: Platform, words: Words): boolean {
  const max = maxLength(platform);
  if (max === null) return false;
  const text = [words.caption, words.cta].filter(Boolean).join("\n\n");
  const tags = platform === "instagram" && words.hashtags.length > MAX_HASHTAGS;
  return tags || characters(posted(text, words.hashtags)) > max;
}
