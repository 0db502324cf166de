/** The one line that says who works on what. */
import { useEffect, useState } from "react";

import type { RunView } from "./run";
import { bulbs, doing, seconds } from "./words";

/** Bulbs, sentence, time so far. */
export function LiveLine({ run }: { run: RunView }) {
  const now = useNow();
  const frozen = run.link === "reconnecting";
  const text = doing(run);
  return (
    <div className={frozen ? "liveline frozen" : "liveline"}>
      <span className="bulbs" aria-hidden="true">
        {bulbs(run).map((state, at) => (
          <i key={at} className={state} />
        ))}
      </span>
      <span>
        <span role="status">{text}</span> {!frozen && <span className="num">· {seconds(now - run.startedAt)}</span>}
      </span>
    </div>
  );
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
