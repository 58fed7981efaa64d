/** Finds words in what was said: regardless of case and accents, as typed otherwise. Pure. */

export interface Piece {
  text: string;
  found: boolean;
}

/** `text` cut where `sought` occurs. One piece, not found, where it does not. */
export function split(text: string, sought: string): Piece[] {
  const needle = plain(sought.trim());
  if (needle === "") return [{ text, found: false }];
  const { plain: haystack, origin } = mapped(text);
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + needle.length)) {
    const start = origin[at] ?? text.length;
    const end = origin[at + needle.length] ?? text.length;
    if (start > from) pieces.push({ text: text.slice(from, start), found: false });
    pieces.push({ text: text.slice(start, end), found: true });
    from = end;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), found: false });
  return pieces;
}

/** Whether `sought` occurs in `text`. */
export function occurs(text: string, sought: string): boolean {
  return plain(text).includes(plain(sought.trim()));
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The plain text, and for each of its units where in `text` it came from. */
function mapped(text: string): { plain: string; origin: number[] } {
  let result = "";
  const origin: number[] = [];
  let at = 0;
  for (const character of text) {
    const made = plain(character);
    for (let unit = 0; unit < made.length; unit += 1) origin.push(at);
    result += made;
    at += character.length;
  }
  return { plain: result, origin };
}
