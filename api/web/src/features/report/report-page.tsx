/** What a meeting came to: shares, pace, measures, nudges, the words, and how well it was heard. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "@tanstack/react-router";
import { meetingQuery, reportQuery } from "../../api/meetings";
import type { Meeting, Report } from "../../api/model";
import { Button, buttonClass } from "../../ui/button";
import { Failed, Notice } from "../../ui/notice";
import { Skeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/title";
import { AttentionSection } from "./attention-section";
import { CaptureSection } from "./capture-section";
import { DataSection } from "./data-section";
import { Header } from "./header";
import { MeasuresSection } from "./measures-section";
import { NudgesSection } from "./nudges-section";
import { OutcomeSection } from "./outcome-section";
import { PaceSection } from "./pace-section";
import { PointsSection } from "./points-section";
import { TalkSection } from "./talk-section";
import { TranscriptSection } from "./transcript-section";
import { TurnsSection } from "./turns-section";

const REFRESH_MS = 3_000;

export function ReportPage({ id }: { id: string }) {
  const meeting = useQuery(meetingQuery(id));
  // Words were put right in this version: the next has the measures that follow from them.
  const [corrected, setCorrected] = useState(0);
  // A report follows its meeting within a minute, and what was put right within moments: keep asking while the page is open.
  const report = useQuery({ ...reportQuery(id), refetchInterval: ({ state: { data } }) => (data === null || (data !== undefined && data.record.version <= corrected) ? REFRESH_MS : false) });
  useTitle(meeting.data === undefined ? "Report" : meeting.data.title);

  // A loaded page outlives a question in the background that fails.
  const failed = [meeting, report].find(({ isLoadingError }) => isLoadingError)?.error;
  return (
    <div className="mx-auto w-full max-w-[75rem] px-5 pb-24 sm:px-8 print:max-w-none print:px-0 print:pb-0">
      {failed != null ? (
        <div className="max-w-xl pt-14">
          <Failed what="This report could not be opened" error={failed} onRetry={() => void Promise.all([meeting.refetch(), report.refetch()])} />
        </div>
      ) : meeting.data === undefined || report.data === undefined ? (
        <Loading />
      ) : report.data === null ? (
        <NotReady meeting={meeting.data} onRetry={() => void report.refetch()} />
      ) : (
        <Loaded meeting={meeting.data} report={report.data} onCorrected={(version) => setCorrected((before) => Math.max(before, version))} />
      )}
    </div>
  );
}

function Loaded({ meeting, report, onCorrected }: { meeting: Meeting; report: Report; onCorrected: (version: number) => void }) {
  const { record, coaching } = report;
  return (
    <article>
      <Header meeting={meeting} record={record} />
      {record.utterances.length === 0 && (
        <div className="mb-10">
          <Notice title="No words were heard">
            <p>The sound arrived and was decided, but held no speech that the recognizer understood.</p>
          </Notice>
        </div>
      )}
      <Part name="Meeting record" whose="yours to hand on" />
      <OutcomeSection record={record} />
      <Part name="My coaching" whose="only you see it, and no file for others holds it" />
      <PointsSection report={report} />
      <TalkSection coaching={coaching} />
      <PaceSection report={report} />
      <TurnsSection coaching={coaching} />
      <MeasuresSection coaching={coaching} />
      <AttentionSection coaching={coaching} />
      <NudgesSection meetingId={meeting.id} report={report} />
      <DataSection meeting={meeting} />
      <Part name="Meeting record" whose="yours to hand on" />
      <TranscriptSection meetingId={meeting.id} record={record} onCorrected={onCorrected} />
      <CaptureSection record={record} fingerprint={report.hashes?.report ?? null} />
    </article>
  );
}

/** Which of the two parts of a report follows, and whose it is. */
function Part({ name, whose }: { name: string; whose: string }) {
  return (
    <p className="eyebrow border-t-2 border-line-strong pt-3 pb-1 not-first:mt-6 print:pt-2">
      {name} <span className="font-normal">· {whose}</span>
    </p>
  );
}

function NotReady({ meeting, onRetry }: { meeting: Meeting; onRetry: () => void }) {
  return (
    <div className="max-w-xl pt-14">
      <h1 className="said text-3xl font-medium break-words">{meeting.title}</h1>
      {meeting.state === "live" || meeting.state === "scheduled" ? (
        <>
          <p className="mt-4 text-ink-2">This meeting is not over. Its report follows within a minute of its end.</p>
          <Link to="/meetings/$id/live" params={{ id: meeting.id }} className={`${buttonClass("primary")} mt-6`}>
            Watch it live
          </Link>
        </>
      ) : (
        <div role="status">
          <p className="mt-4 text-ink-2">The report is being made. It takes less than a minute, and this page shows it by itself.</p>
          <Button className="mt-6" onClick={onRetry}>
            Look again
          </Button>
        </div>
      )}
    </div>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the report" className="pt-14">
      <Skeleton className="h-10 w-2/3" />
      <Skeleton className="mt-4 h-4 w-1/3" />
      <Skeleton className="mt-14 h-8 w-full" />
      <Skeleton className="mt-14 h-56 w-full" />
    </div>
  );
}
