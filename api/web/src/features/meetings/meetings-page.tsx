/** All meetings of the person, newest first, by day. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Meeting } from "../../api/model";
import { meetingListQuery } from "../../api/meetings";
import { dayHeading, herePlace, type Place } from "../../format/time";
import { Button } from "../../ui/button";
import { Command } from "../../ui/command";
import { Failed } from "../../ui/notice";
import { Skeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/title";
import { MeetingRow } from "./meeting-row";

export function MeetingsPage() {
  useTitle("Meetings");
  const list = useInfiniteQuery(meetingListQuery);
  const meetings = list.data?.pages.flatMap((page) => page.meetings) ?? [];

  return (
    <div className="mx-auto w-full max-w-[75rem] px-5 pt-10 pb-24 sm:px-8 sm:pt-14">
      <h1 className="text-3xl font-semibold tracking-[-0.03em]">Meetings</h1>
      <div className="mt-8 sm:mt-10">
        {list.isPending ? (
          <Loading />
        ) : list.isError && meetings.length === 0 ? (
          <Failed what="Your meetings could not be loaded" error={list.error} onRetry={() => void list.refetch()} />
        ) : meetings.length === 0 ? (
          <Empty />
        ) : (
          <>
            <Days meetings={meetings} />
            <More list={list} />
          </>
        )}
      </div>
    </div>
  );
}

function Days({ meetings }: { meetings: Meeting[] }) {
  const place = herePlace();
  return (
    <div className="border-b border-line">
      {byDay(meetings, new Date(), place).map(({ heading, meetings: ofDay }) => (
        <section key={heading} aria-label={heading} className="border-t border-line lg:grid lg:grid-cols-[12.5rem_minmax(0,1fr)] lg:gap-12">
          <h2 className="eyebrow pt-5 lg:pt-[1.4375rem]">{heading}</h2>
          <ul className="divide-y divide-line">
            {ofDay.map((meeting) => (
              <MeetingRow key={meeting.id} meeting={meeting} place={place} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function byDay(meetings: Meeting[], now: Date, place: Place): { heading: string; meetings: Meeting[] }[] {
  const days = new Map<string, Meeting[]>();
  for (const meeting of meetings) {
    const heading = meeting.started_at == null ? "Not started" : dayHeading(meeting.started_at, now, place);
    days.set(heading, [...(days.get(heading) ?? []), meeting]);
  }
  return [...days].map(([heading, ofDay]) => ({ heading, meetings: ofDay }));
}

function More({ list }: { list: { hasNextPage: boolean; isFetchingNextPage: boolean; isFetchNextPageError: boolean; fetchNextPage: () => Promise<unknown> } }) {
  if (!list.hasNextPage) return null;
  return (
    <div className="mt-8 flex items-center justify-center gap-4">
      <Button onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
        {list.isFetchingNextPage ? "Loading…" : "Show earlier meetings"}
      </Button>
      {list.isFetchNextPageError && (
        <p role="alert" className="text-sm text-danger">
          They could not be loaded. Try again.
        </p>
      )}
    </div>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading your meetings" className="border-t border-line lg:ml-[15.5rem]">
      {[1, 2, 3, 4].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b border-line py-6">
          <div className="flex-1 space-y-3">
            <Skeleton className="h-5 w-1/2" />
            <Skeleton className="h-3.5 w-1/3" />
          </div>
          <Skeleton className="hidden h-2 w-40 sm:block" />
        </div>
      ))}
    </div>
  );
}

function Empty() {
  const server = window.location.origin;
  return (
    <div className="max-w-[34rem] border-t border-line pt-8">
      <h2 className="text-xl font-semibold tracking-[-0.02em]">No meeting yet</h2>
      <p className="mt-2 text-ink-2">
        Send one from a terminal, live and encrypted. Sign the machine in once; then give Attune your side and theirs as two audio files, and
        it listens as if the meeting were happening now.
      </p>
      <div className="mt-5 space-y-3">
        <Command>{`attune login --server ${server}`}</Command>
        <Command>{`attune replay --server ${server} --mic me.wav --tab them.wav`}</Command>
      </div>
      <p className="mt-4 text-sm text-ink-3">
        Or run <code className="font-mono text-ink-2">make demo</code> in Attune’s folder for the bundled sample meeting.
      </p>
    </div>
  );
}
