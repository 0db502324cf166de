/** What this window keeps over a sign-in: where one was, and what was typed and not sent. */
interface Kept {
  /** Whose it is; nobody else finds it. */
  user: string | null;
  /** The address to come back to. */
  back: string | null;
  /** What stands in the composer, by thread. */
  texts: Record<string, string>;
}

const KEY = "marquee.kept";

function read(): Kept {
  const none: Kept = { user: null, back: null, texts: {} };
  return { ...none, ...(JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Kept>) };
}

function write(change: Partial<Kept>): void {
  sessionStorage.setItem(KEY, JSON.stringify({ ...read(), ...change }));
}

/** The sentence not sent in a thread. */
export function keptText(thread: string): string {
  return read().texts[thread] ?? "";
}

/** Keep a sentence; an empty one is forgotten. */
export function keepText(thread: string, text: string): void {
  const texts = Object.entries({ ...read().texts, [thread]: text }).filter(([, each]) => each);
  write({ texts: Object.fromEntries(texts) });
}

/** Where to go after the next sign-in. */
export function keepBack(address: string): void {
  write({ back: address });
}

/** The address to come back to, told once. */
export function takeBack(): string | null {
  const { back } = read();
  write({ back: null });
  return back;
}

/** Whether a session in this window ended without a sign-out. */
export function wasCut(): boolean {
  return read().user !== null;
}

/** Somebody is signed in: what another person left is gone. */
export function claim(user: string): void {
  const before = read().user;
  if (before !== null && before !== user) forget();
  if (before !== user) write({ user });
}

/** Forget it all. */
export function forget(): void {
  sessionStorage.removeItem(KEY);
}
