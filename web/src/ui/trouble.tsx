/** An error in the place where it happened: what, what is safe, what next. */
import type { ReactNode } from "react";

import { Icon } from "./icons";

/** One sentence on danger-soft, announced, with what can be done. */
export function Trouble({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="check" role="alert">
      <Icon name="alert" />
      <p>
        {children} {action}
      </p>
    </div>
  );
}
