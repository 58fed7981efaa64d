/** Which hearing of the meeting a report shows, in words. Pure. */
import type { MeetingRecord, SecondHearing } from "../../api/model";

const recognizerNames: Record<string, string> = {
  whisper: "Whisper",
  sphinx: "PocketSphinx",
  remote: "a remote recognizer",
  captions: "Meet’s captions",
  scripted: "a script",
};

export function recognizerName({ name, model }: MeetingRecord["recognizer"]): string {
  return `${recognizerNames[name] ?? name} (${model})`;
}

/** That it was heard again, and what that changed. */
export function heardAgain(hearing: SecondHearing): string {
  const { segments, heard_again, changed_words, live_words } = hearing;
  const part = heard_again === segments ? "" : ` ${segments - heard_again} of its ${segments} stretches of speech stand as they were written live.`;
  const changed =
    changed_words === 0
      ? "No word is another than live."
      : `${changed_words} ${changed_words === 1 ? "word is another" : "words are others"} than live, of ${live_words}.`;
  return `Heard again after the meeting, from the audio that you keep. ${changed}${part}`;
}
