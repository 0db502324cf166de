/** The line icons, 24 px grid, one stroke. */
import type { JSX } from "react";

const SHAPES = {
  "alert": (<><circle cx="12" cy="12" r="8.5"/><path d="M12 7.8v5M12 16.2v.01"/></>),
  "bookmark": (<><path d="M6.5 4h11v16L12 15.8 6.5 20Z"/></>),
  "calendar": (<><rect x="3.5" y="5" width="17" height="15.5" rx="2"/><path d="M3.5 10h17M8 3v4M16 3v4"/></>),
  "chat": (<><path d="M21 11.5a7.5 7.5 0 0 1-7.5 7.5H4l2.2-2.6A7.5 7.5 0 0 1 10.5 4h3a7.5 7.5 0 0 1 7.5 7.5Z"/><path d="M9 10h7M9 13.5h4.5"/></>),
  "check": (<><path d="m5 12.5 4.5 4.5L19 7.5"/></>),
  "chev-d": (<><path d="m6 9 6 6 6-6"/></>),
  "chev-l": (<><path d="m15 6-6 6 6 6"/></>),
  "chev-r": (<><path d="m9 6 6 6-6 6"/></>),
  "comment": (<><path d="M20.5 11.7a8.3 8.3 0 0 1-12 7.5L4 20.5l1.3-4.3A8.3 8.3 0 1 1 20.5 11.7Z"/></>),
  "compose": (<><path d="M12.5 4.5H6a1.5 1.5 0 0 0-1.5 1.5v12A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-6.5"/><path d="m10 14 .7-2.7 7.6-7.6 2 2-7.6 7.6Z"/></>),
  "copy": (<><rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2"/><path d="M15.5 8.5V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7.5a2 2 0 0 0 2 2h2.5"/></>),
  "fact": (<><path d="M4 4.5h7.5L20 13l-7 7-9-8.5Z"/><path d="M8.3 8.5v.01"/></>),
  "globe": (<><circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.3 2.3 3.5 5.2 3.5 8.5s-1.2 6.2-3.5 8.5c-2.3-2.3-3.5-5.2-3.5-8.5s1.2-6.2 3.5-8.5Z"/></>),
  "heart": (<><path d="M12 20S3.5 15.2 3.5 9.3A4.8 4.8 0 0 1 12 6.5a4.8 4.8 0 0 1 8.5 2.8C20.5 15.2 12 20 12 20Z"/></>),
  "history": (<><path d="M4 5v4.5h4.5"/><path d="M4.3 9.5A8.3 8.3 0 1 1 4 14"/><path d="M12 8v4.5l3 1.5"/></>),
  "instagram": (<><rect x="3.5" y="3.5" width="17" height="17" rx="4.5"/><circle cx="12" cy="12" r="3.8"/><path d="M16.8 7.2v.01"/></>),
  "like": (<><path d="M7.5 10.5v9.5M3.5 10.5h4l4-7c1.7 0 2.6 1.2 2.3 2.8l-.8 3.7h5.2a2 2 0 0 1 2 2.5l-1.6 6a2 2 0 0 1-2 1.5H3.5Z"/></>),
  "linkedin": (<><rect x="3.5" y="3.5" width="17" height="17" rx="2.5"/><path d="M8 11v5.5M8 7.6v.01M12 16.5V11M12 13.5a2.25 2.25 0 0 1 4.5 0v3"/></>),
  "mail": (<><rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.5 6 8.5-6"/></>),
  "more": (<g fill="currentColor" stroke="none"><circle cx="5.5" cy="12" r="1.6"/><circle cx="12" cy="12" r="1.6"/><circle cx="18.5" cy="12" r="1.6"/></g>),
  "panel": (<><rect x="3.5" y="4.5" width="17" height="15" rx="2"/><path d="M9 4.5v15"/></>),
  "people": (<><circle cx="9" cy="8" r="3.5"/><path d="M3 19.5c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M15.5 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14.3c2.1.8 3.5 2.7 3.5 5.2"/></>),
  "repost": (<><path d="m16 3.5 4 3.5-4 3.5"/><path d="M20 7H7a3 3 0 0 0-3 3v1.5M8 20.5 4 17l4-3.5"/><path d="M4 17h13a3 3 0 0 0 3-3v-1.5"/></>),
  "send": (<><path d="M20.5 3.5 3.5 10.2l6.8 3.5 3.5 6.8Z"/><path d="M20.5 3.5 10.3 13.7"/></>),
  "send-up": (<><path d="M12 19V5M6 11l6-6 6 6"/></>),
  "sms": (<><path d="M5 4.5h14a1.5 1.5 0 0 1 1.5 1.5v9.5A1.5 1.5 0 0 1 19 17h-8l-4.5 3.5V17H5a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 5 4.5Z"/><path d="M8.5 10.8v.01M12 10.8v.01M15.5 10.8v.01"/></>),
  "stop": (<><rect x="6.5" y="6.5" width="11" height="11" rx="1.5" fill="currentColor" stroke="none"/></>),
  "video": (<><rect x="3" y="6" width="12.5" height="12" rx="2"/><path d="m15.5 11 5.5-3.2v8.4L15.5 13"/></>),
  "voice": (<><path d="M4 10.5v3M8 7.5v9M12 4.5v15M16 8.5v7M20 10.5v3"/></>),
  close: (<><path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/></>),
  trash: (<><path d="M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 11v5M13.7 11v5"/></>),
  plus: (<><path d="M12 5v14M5 12h14"/></>),
} satisfies Record<string, JSX.Element>;

export type IconName = keyof typeof SHAPES;

/** A decorative icon; the name stands beside it or on the button. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="i" viewBox="0 0 24 24" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}

/** The mark: an M on a board of bulbs. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" strokeLinecap="round">
      <rect x="2" y="5" width="28" height="22" rx="3" strokeWidth="2.2" strokeDasharray="0 4.46" />
      <path d="M9 22V10.5l7 8.2 7-8.2V22" strokeWidth="2.4" strokeLinejoin="round" />
    </svg>
  );
}
