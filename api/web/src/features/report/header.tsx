/** What meeting this is a report of, and what must be known before reading it. */
import type { Meeting, MeetingRecord } from "../../api/model";
import { meetingTypeName, whoName } from "../../format/measure";
import { fullDay, herePlace, length, timeOfDay } from "../../format/time";
import { Button } from "../../ui/button";
import { Facts } from "../../ui/facts";
import { Icon } from "../../ui/icon";
import { Notice } from "../../ui/notice";
import { captured } from "./coverage";
import { Download } from "./download";
import { heardAgain, recognizerName } from "./hearing";

const sections = [
  ["outcome", "Outcome"],
  ["points", "In short"],
  ["talk", "Who spoke"],
  ["pace", "Pace"],
  ["turns", "Turn-taking"],
  ["measures", "Measures"],
  ["nudges", "Nudges"],
  ["data", "My data"],
  ["transcript", "Transcript"],
  ["capture", "Capture"],
] as const;

export function Header({ meeting, record }: { meeting: Meeting; record: MeetingRecord }) {
  const place = herePlace();
  const people = (record.people ?? []).map(whoName);
  const facts = [
    meetingTypeName(meeting.meeting_type),
    length(record.duration_ms),
    ...(meeting.started_at == null ? [] : [`${fullDay(meeting.started_at, place)}, ${timeOfDay(meeting.started_at, place)}`]),
  ];
  // Whoever hands it on should know what the others know.
  const consent = meeting.others_told ? "The others were told that they are heard." : "Nobody said that the others were told.";
  return (
    <header className="pt-9 pb-8 lg:pt-14 lg:pb-10 print:pt-0 print:pb-4">
      <div className="flex items-start justify-between gap-6">
        <h1 className="said min-w-0 text-2xl font-medium tracking-[-0.01em] break-words lg:text-3xl">{meeting.title}</h1>
        <div className="flex shrink-0 gap-3 print:hidden">
          <Button onClick={() => window.print()} className="max-sm:hidden">
            <Icon name="print" size={18} />
            Print
          </Button>
          <Download meetingId={meeting.id} version={record.version} />
        </div>
      </div>
      <Facts facts={facts} className="mt-2 text-ink-2" />
      <div className="mt-6 space-y-3 empty:hidden">
        {record.incomplete && (
          <Notice tone="signal" title={`This report is incomplete (version ${record.version})`}>
            <p className="text-ink-2">Capture broke off before the meeting was ended. If it resumes within 7 days, a new version replaces this one.</p>
          </Notice>
        )}
        <Notice>
          <p>
            {captured(record)} Heard by <span className="font-medium text-ink">{recognizerName(record.recognizer)}</span>. {record.recognizer.weakness}
          </p>
          <p className="mt-1.5">
            {consent} {people.length > 0 && <>People: {people.join(", ")}.</>}
          </p>
          {record.second_hearing != null && <p className="mt-1.5">{heardAgain(record.second_hearing)}</p>}
        </Notice>
      </div>
      <nav aria-label="Sections of the report" className="mt-7 print:hidden">
        <ul className="flex flex-wrap gap-x-6 gap-y-2 text-sm">
          {sections.map(([id, name]) => (
            <li key={id}>
              <a href={`#${id}`} className="rounded-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink hover:decoration-ink">
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
