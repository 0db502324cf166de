/** The frame of the screens before a business: a form on the left, the sign on the right. */
import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";

import { optionsQuery } from "../api/queries";
import { Logo } from "../ui/icons";

/** Lays out sign-in, registration and a new business. */
export function AccountScreen({ children }: { children: ReactNode }) {
  const { data: options } = useQuery(optionsQuery);
  return (
    <div className="account">
      <main className="account-a">
        <div className="brand">
          <Logo /> Marquee
        </div>
        {children}
        <p className="meta">
          Self-hosted.{" "}
          {options?.offline
            ? "Offline demo model: nothing leaves this machine."
            : options && `Drafts are written by ${options.model}.`}
        </p>
      </main>
      <aside className="account-b" aria-hidden="true">
        <Board />
        <p>Say it in one sentence. See it planned and written. Nothing is sent without you.</p>
      </aside>
    </div>
  );
}

function Board() {
  return (
    <svg className="board" viewBox="0 0 680 360">
      <rect className="box" x="13" y="13" width="654" height="334" />
      <path className="bulb" strokeWidth="7" strokeDasharray="0 19.818" d="M13 13H667M13 347H667" />
      <path className="bulb" strokeWidth="7" strokeDasharray="0 19.647" d="M13 13V347M667 13V347" />
      <path className="railing" d="M44 122H636M44 219H636M44 316H636" />
      <g fontSize="86" letterSpacing="4">
        <text x="340" y="113">
          FILL MY GYM
        </text>
        <text x="340" y="210">
          IN MARCH
        </text>
        <text x="340" y="307">
          NOTHING PUSHY
        </text>
      </g>
    </svg>
  );
}
