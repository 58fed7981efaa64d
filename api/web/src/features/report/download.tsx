/** The report as a file to keep or to send. */
import { DropdownMenu } from "radix-ui";
import { buttonClass } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { menuItem } from "../../ui/menu";

/** What others may be given: nothing in these measures or advises anybody. */
const shared = [
  ["pdf", "Pages", "PDF"],
  ["html", "Page", "HTML"],
  ["md", "Notes", "Markdown"],
  ["ics", "What is due", "iCalendar"],
  ["vtt", "Captions", "WebVTT"],
] as const;

/** The record with the person's own coaching. */
const own = [
  ["pdf", "Pages", "PDF"],
  ["html", "Page", "HTML"],
  ["csv", "Measures", "CSV"],
  ["json", "Everything", "JSON"],
] as const;

const groups = [
  ["Meeting record, to hand on", shared, "record"],
  ["With my coaching, for me", own, "all"],
] as const;

export function Download({ meetingId, version }: { meetingId: string; version: number }) {
  return (
    // Not modal: a modal menu locks scrolling with an injected style, which the policy forbids.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={`${buttonClass("quiet")} print:hidden`}>
        <Icon name="download" size={18} />
        Download
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} className="z-30 min-w-60 rounded-md border border-line bg-surface p-1 shadow-float">
          {groups.map(([title, files, part]) => (
            <DropdownMenu.Group key={part}>
              <DropdownMenu.Label className="px-3 pt-2 pb-1 text-xs text-ink-3">{title}</DropdownMenu.Label>
              {files.map(([format, name, kind]) => (
                <DropdownMenu.Item key={format} asChild className={menuItem}>
                  <a href={`/v1/meetings/${meetingId}/report/files/${format}?version=${version}&part=${part}`} download>
                    {name}
                    <span className="ml-auto text-ink-3">{kind}</span>
                  </a>
                </DropdownMenu.Item>
              ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
