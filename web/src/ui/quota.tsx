/** How much of the month's tokens is used: quiet until 80 %, then amber. */
import type { CSSProperties } from "react";
import { useQuery } from "@tanstack/react-query";

import { usageQuery } from "../api/queries";

/** A bar and its number. */
export function Quota({ businessId }: { businessId: string }) {
  const { data: usage } = useQuery(usageQuery(businessId));
  if (!usage || usage.limit <= 0) return null;
  const percent = Math.min(100, Math.round(((usage.tokens_used + usage.reserved) / usage.limit) * 100));
  const high = percent >= 80;
  const left = Math.max(0, usage.remaining).toLocaleString("en-GB");
  return (
    <span
      className={high ? "quota high" : "quota"}
      role="meter"
      aria-label="This month’s tokens used"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      title={`${percent} % of this month’s tokens used, ${left} left`}
    >
      <i style={{ "--v": `${percent}%` } as CSSProperties} />
      {percent}% used
    </span>
  );
}
