/** What was done with what is a person's: by whom, to which object, when. Never what it was about. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Act } from "../../api/model";
import { actsQuery, meQuery } from "../../api/settings";
import { dayInSentence, herePlace, timeOfDay } from "../../format/time";
import { Button } from "../../ui/button";
import { Section } from "./section";

export function ActsSection() {
  const acts = useInfiniteQuery(actsQuery);
  const me = useQuery(meQuery);
  const broken = acts.isError ? { error: acts.error, retry: () => void acts.refetch() } : undefined;
  const all = acts.data?.pages.flatMap((page) => page.acts);
  return (
    <Section title="Who saw my data" about="Everything that was done with it. Nobody can change this list unseen: it is sealed every hour." broken={broken}>
      {all !== undefined && me.isSuccess && (
        <div>
          {all.length === 0 && <p className="text-sm text-ink-2">Nothing was done yet.</p>}
          {all.length > 0 && (
            <ul aria-label="What was done with my data" className="border-t border-line">
              {all.map((act) => (
                <Row key={act.id} act={act} me={me.data.id} />
              ))}
            </ul>
          )}
          {acts.hasNextPage && (
            <Button className="mt-4" disabled={acts.isFetchingNextPage} onClick={() => void acts.fetchNextPage()}>
              Show earlier
            </Button>
          )}
        </div>
      )}
    </Section>
  );
}

/** What each act is called; one that is newer than this page goes by its own name. */
const told = new Map([
  ["meeting.deleted", "A meeting was deleted"],
  ["meeting.audio_deleted", "The audio of a meeting was deleted"],
  ["meeting.words_corrected", "Words of a meeting were put right"],
  ["report.taken", "A report was downloaded"],
  ["heart_recording.added", "A recording of my heart was uploaded"],
  ["heart_recording.deleted", "A recording of my heart was deleted"],
  ["export.asked_for", "An archive was asked for"],
  ["export.taken", "An archive was downloaded"],
  ["export.deleted", "An archive was deleted"],
  ["speech.changed", "What is said of my speech was changed"],
  ["retention.changed", "How long it is kept was changed"],
  ["account.made", "The account was made"],
  ["password.changed", "The password was changed"],
  ["address.changed", "The e-mail address was changed"],
  ["codes.turned_on", "Codes at sign-in were turned on"],
  ["codes.turned_off", "Codes at sign-in were turned off"],
  ["identity.linked", "An account elsewhere was linked"],
  ["identity.unlinked", "An account elsewhere was unlinked"],
  ["device.revoked", "A device was revoked"],
  ["sign_in.ended", "A sign-in was ended"],
  ["organisation.remote_recognition_allowed", "Recognition elsewhere was allowed"],
  ["organisation.remote_recognition_forbidden", "Recognition elsewhere was forbidden"],
  ["person.erased", "A person and all that was theirs was erased"],
  ["organisation.retention_changed", "The longest that anything is kept was changed"],
]);

function Row({ act, me }: { act: Act; me: string }) {
  const place = herePlace();
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line py-2.5 text-sm">
      <span>
        {told.get(act.action) ?? act.action}
        <span className="text-ink-3">, by {act.by === me ? "me" : "somebody else"}</span>
      </span>
      <span className="text-xs text-ink-3">
        {dayInSentence(act.at, new Date(), place)}, {timeOfDay(act.at, place)}
      </span>
    </li>
  );
}
