/** Wall times without a zone: they are read, shown and counted as they stand. */

const DAY_MS = 86_400_000;

/** An instant as the wall time of whoever reads it. */
export function localTime(date: Date): string {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A wall time as a date whose UTC fields are the wall's. */
export function wall(local: string): Date {
  return new Date(`${local.length === 10 ? `${local}T00:00` : local.slice(0, 16)}:00Z`);
}

/** `2027-03-01` of a date made by `wall`. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** The day `count` days later. */
export function addDays(day: string, count: number): string {
  return dayOf(new Date(wall(day).getTime() + count * DAY_MS));
}

/** The month `count` months later, as `2027-03`. */
export function addMonths(month: string, count: number): string {
  const date = wall(`${month}-01`);
  date.setUTCMonth(date.getUTCMonth() + count);
  return dayOf(date).slice(0, 7);
}

/** The Monday of the day's week. */
export function monday(day: string): string {
  return addDays(day, -((wall(day).getUTCDay() + 6) % 7));
}

/** How many weeks lie between two Mondays. */
export function weeksBetween(from: string, to: string): number {
  return Math.round((wall(to).getTime() - wall(from).getTime()) / (7 * DAY_MS));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify(options);
  const made = formats.get(key) ?? new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  formats.set(key, made);
  return made.format(date);
}

/** `Mon` and `1`. */
export function weekday(day: string): { name: string; number: number } {
  const date = wall(day);
  return { name: format(date, { weekday: "short" }), number: date.getUTCDate() };
}

/** `09:00`. */
export function clock(local: string): string {
  return local.slice(11, 16);
}

/** The year that nobody has to say. */
export function thisYear(): number {
  return new Date().getFullYear();
}

/** Whether the year has to be said, because it is not the one that is expected. */
export function yearBeside(local: string, expected = thisYear()): boolean {
  return Number(local.slice(0, 4)) !== expected;
}

function withYear(local: string, expected?: number): { year?: "numeric" } {
  return yearBeside(local, expected) ? { year: "numeric" } : {};
}

/** `Mon 09:00`, where the week is in view. */
export function whenInWeek(local: string): string {
  return `${format(wall(local), { weekday: "short" })} ${clock(local)}`;
}

/** `Mon 1 Mar, 09:00`, and `Mon 1 Mar 2027, 09:00` in another year than expected. */
export function when(local: string, expected?: number): string {
  const day = format(wall(local), { weekday: "short", day: "numeric", month: "short", ...withYear(local, expected) });
  return `${day.replace(",", "")}, ${clock(local)}`;
}

/** `2 Mar`, `2 Mar 2027`. */
export function shortDay(local: string): string {
  return format(wall(local), { day: "numeric", month: "short", ...withYear(local) });
}

/** `today`, `yesterday`, `2 Mar`. */
export function ago(date: Date): string {
  const days = Math.floor((Date.now() - date.getTime()) / DAY_MS);
  if (days < 1) return "today";
  if (days < 2) return "yesterday";
  return shortDay(localTime(date));
}

/** `March 2027`. */
export function monthName(day: string): string {
  return format(wall(day), { month: "long", year: "numeric" });
}

/** `1–7 March`, `29 March – 4 April`, `28 December 2026 – 3 January 2027`. */
export function span(from: string, to: string, month: "long" | "short" = "long", year = false): string {
  const [a, b] = [wall(from), wall(to)];
  const tail = format(b, { day: "numeric", month, ...(year ? { year: "numeric" } : {}) });
  if (dayOf(a).slice(0, 7) === dayOf(b).slice(0, 7)) return `${a.getUTCDate()}–${tail}`;
  const apart = year && a.getUTCFullYear() !== b.getUTCFullYear();
  return `${format(a, { day: "numeric", month, ...(apart ? { year: "numeric" } : {}) })} – ${tail}`;
}

/** `Chicago time, CST`, at the given wall time. */
export function zoneLabel(zone: string, local: string): string {
  const city = zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone;
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" }).formatToParts(wall(local));
  const name = parts.find((part) => part.type === "timeZoneName")?.value;
  return name && name !== city ? `${city} time, ${name}` : `${city} time`;
}
