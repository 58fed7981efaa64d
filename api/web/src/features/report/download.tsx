/** The report as a file to keep or to send. */
import { DropdownMenu } from "radix-ui";
import { buttonClass } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { menuItem } from "../../ui/menu";

const files = [
  ["html", "Page to send", "HTML"],
  ["md", "Notes", "Markdown"],
  ["vtt", "Captions", "WebVTT"],
  ["csv", "Measures", "CSV"],
  ["json", "Everything", "JSON"],
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
        <DropdownMenu.Content align="end" sideOffset={4} className="z-30 min-w-52 rounded-md border border-line bg-surface p-1 shadow-float">
          {files.map(([format, name, kind]) => (
            <DropdownMenu.Item key={format} asChild className={menuItem}>
              <a href={`/v1/meetings/${meetingId}/report/files/${format}?version=${version}`} download>
                {name}
                <span className="ml-auto text-ink-3">{kind}</span>
              </a>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
