/** What a person reads when a track is in trouble: what it is, and what to do. Pure. */
import { clock } from "../../format/time";
import type { Trouble } from "./live-state";

export interface TroubleWords {
  title: string;
  advice: string;
}

export function troubleWords({ track, kind, since_ms }: Trouble): TroubleWords {
  const since = clock(since_ms);
  switch (kind) {
    case "silent":
      return track === "mic"
        ? { title: "Your microphone has been silent for a minute", advice: `Nothing has come from it since ${since}. Is it muted in the system, or is another one chosen?` }
        : { title: "The others have been silent for a minute", advice: `No sound has come from the meeting since ${since}. If they are speaking, share the tab again with its sound.` };
    case "changed":
      return track === "mic"
        ? { title: "Your microphone changed", advice: `Another one is in use since ${since}. If it is not the one you speak into, choose yours in the system.` }
        : { title: "The sound of the meeting changed", advice: `It comes from elsewhere since ${since}. If the others are no longer heard, share the tab again with its sound.` };
    case "denied":
      return track === "mic"
        ? { title: "Your microphone may not be used", advice: "You are not heard. Allow the microphone for this browser, then start the capture again." }
        : { title: "The meeting’s tab is not shared", advice: "The others are not heard. Start the capture again and allow the tab with its sound." };
    case "ended":
      return track === "mic"
        ? { title: "Your microphone is gone", advice: `You are not heard since ${since}. Plug it in again, or choose another.` }
        : { title: "The meeting’s tab is no longer shared", advice: `The others are not heard since ${since}. Share the tab again with its sound.` };
  }
}
