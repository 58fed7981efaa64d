/** Times and lengths as people read them. Pure: the locale and the zone are arguments, so that tests can fix them. */

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;

/** A position in a meeting: `4:07`, `1:02:09`. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / SECOND_MS));
  const hours = Math.floor(total / HOUR_S);
  const minutes = Math.floor((total % HOUR_S) / MINUTE_S);
  const seconds = String(total % MINUTE_S).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** A length, rounded to what matters: `48 s`, `6 min 42 s`, `41 min`, `1 h 12 min`. */
export function length(ms: number): string {
  const total = Math.max(0, Math.round(ms / SECOND_MS));
  if (total < MINUTE_S) return `${total} s`;
  // Under ten minutes the seconds still say something.
  if (total < 10 * MINUTE_S) {
    const seconds = total % MINUTE_S;
    return seconds === 0 ? `${total / MINUTE_S} min` : `${Math.floor(total / MINUTE_S)} min ${seconds} s`;
  }
  const minutes = Math.round(total / MINUTE_S);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A length spoken in full, for screen readers: `1 minute 22 seconds`. */
export function spokenLength(ms: number): string {
  const total = Math.max(0, Math.round(ms / SECOND_MS));
  const parts = [
    counted(Math.floor(total / HOUR_S), "hour"),
    counted(Math.floor((total % HOUR_S) / MINUTE_S), "minute"),
    counted(total % MINUTE_S, "second"),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "0 seconds" : parts.join(" ");
}

function counted(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export interface Place {
  locale: string;
  timeZone: string | undefined;
}

/** English as this reader writes it, because the app speaks English; their own time zone. */
export function herePlace(): Place {
  return { locale: navigator.languages.find((tag) => tag.startsWith("en")) ?? "en-GB", timeZone: undefined };
}

/** The time of day: `14:02`. */
export function timeOfDay(at: string, place: Place): string {
  return new Intl.DateTimeFormat(place.locale, { hour: "2-digit", minute: "2-digit", timeZone: place.timeZone }).format(new Date(at));
}

/** The day in full: `Friday, 20 November 2026`. */
export function fullDay(at: string, place: Place): string {
  return new Intl.DateTimeFormat(place.locale, { dateStyle: "full", timeZone: place.timeZone }).format(new Date(at));
}

/** The day as a heading in a list: `Today`, `Yesterday`, `Friday 13 November`, with the year once it is another one. */
export function dayHeading(at: string, now: Date, place: Place): string {
  const days = dayNumber(now, place) - dayNumber(new Date(at), place);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const sameYear = calendar(new Date(at), place).year === calendar(now, place).year;
  return new Intl.DateTimeFormat(place.locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
    timeZone: place.timeZone,
  }).format(new Date(at));
}

/** The same inside a sentence: `today`, `yesterday`, `Friday 13 November`. */
export function dayInSentence(at: string, now: Date, place: Place): string {
  return dayHeading(at, now, place).replace(/^(Today|Yesterday)$/, (word) => word.toLowerCase());
}

function dayNumber(date: Date, place: Place): number {
  const { year, month, day } = calendar(date, place);
  return Math.floor(Date.UTC(year, month - 1, day) / 86_400_000);
}

function calendar(date: Date, place: Place): { year: number; month: number; day: number } {
  const parts = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "numeric", day: "numeric", timeZone: place.timeZone }).formatToParts(date);
  const part = (type: string): number => Number(parts.find((candidate) => candidate.type === type)?.value ?? "0");
  return { year: part("year"), month: part("month"), day: part("day") };
}
