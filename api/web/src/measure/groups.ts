/** The measures in the order in which they are read: six at first, the rest in the groups of the communication score. */
import type { Measure, ScoreGroup } from "../api/model";

/** What is shown without being asked for. */
const first = ["C1", "C3", "C7", "C10", "C14", "C17"];

const groups: readonly { name: string; ids: readonly string[] }[] = [
  { name: "Floor", ids: ["C2", "C11", "C12", "C13", "C15", "C16"] },
  { name: "Pace", ids: ["C4", "C5", "C9"] },
  { name: "Clarity", ids: ["C6", "C8", "C18", "C19", "C20", "C21", "C22", "C23"] },
  { name: "Curiosity and agreement", ids: ["C29", "C30"] },
  { name: "Voice", ids: ["C24", "C25", "C26"] },
  { name: "Wording", ids: ["C27", "C28"] },
];

export const groupNames: Record<ScoreGroup, string> = { floor: "Floor", pace: "Pace", clarity: "Clarity", curiosity: "Curiosity", voice: "Voice" };

export interface Shelf {
  name: string;
  measures: Measure[];
}

/** The first measures, and the rest by group; one that is newer than this page comes last. */
export function shelved(measures: readonly Measure[]): { first: Measure[]; rest: Shelf[] } {
  const of = (ids: readonly string[]): Measure[] => ids.flatMap((id) => measures.filter((measure) => measure.id === id));
  const known = new Set([...first, ...groups.flatMap(({ ids }) => ids)]);
  const rest = [...groups.map(({ name, ids }) => ({ name, measures: of(ids) })), { name: "Others", measures: measures.filter(({ id }) => !known.has(id)) }];
  return { first: of(first), rest: rest.filter((shelf) => shelf.measures.length > 0) };
}
