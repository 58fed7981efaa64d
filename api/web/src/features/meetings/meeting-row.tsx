/** One meeting in the list: what it was, how long, who held the floor, and what may be done to it. */
import { Link } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useRef, useState, type ReactNode } from "react";
import type { Meeting } from "../../api/model";
import { meetingTypeName, percents } from "../../format/measure";
import { length, timeOfDay, type Place } from "../../format/time";
import { TalkBar } from "../../measure/talk-bar";
import { buttonClass } from "../../ui/button";
import { Facts } from "../../ui/facts";
import { Icon } from "../../ui/icon";
import { menuItem } from "../../ui/menu";
import { StateMark } from "../../ui/live-mark";
import { DeleteDialog } from "../../meeting/delete-dialog";
import { RenameDialog } from "./rename-dialog";

export function MeetingRow({ meeting, place }: { meeting: Meeting; place: Place }) {
  return (
    <li className="group relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-3 py-5 sm:grid-cols-[minmax(0,1fr)_10rem_auto] sm:gap-x-8">
      <div className="min-w-0">
        <Link
          to={meeting.state === "live" || meeting.state === "scheduled" ? "/meetings/$id/live" : "/meetings/$id/report"}
          params={{ id: meeting.id }}
          className="said block text-lg font-medium break-words decoration-line-strong underline-offset-4 group-hover:underline after:absolute after:inset-0 after:content-['']"
        >
          {meeting.title}
        </Link>
        <Facts facts={facts(meeting, place)} className="mt-0.5 text-sm text-ink-3" />
      </div>
      {meeting.talk_share != null && <Share share={meeting.talk_share} />}
      <Actions meeting={meeting} />
    </li>
  );
}

function facts(meeting: Meeting, place: Place): ReactNode[] {
  const lasted = meeting.state === "live" ? meeting.committed_ms : meeting.duration_ms;
  return [
    ...(meeting.state === "ended" ? [] : [<StateMark state={meeting.state} />]),
    ...(meeting.started_at == null ? [] : [timeOfDay(meeting.started_at, place)]),
    ...(lasted == null || lasted === 0 ? [] : [length(lasted)]),
    ...(meeting.meeting_type === "other" ? [] : [meetingTypeName(meeting.meeting_type)]),
  ];
}

function Share({ share }: { share: { me: number; them: number } }) {
  const [me = 0] = percents([share.me, share.them]);
  return (
    <div className="max-sm:col-span-2 max-sm:row-start-2 max-sm:flex max-sm:items-center max-sm:gap-3">
      <TalkBar share={share} height="thin" />
      <p className="tabular text-xs text-ink-3 max-sm:whitespace-nowrap sm:mt-1.5">You spoke {me} %</p>
    </div>
  );
}

function Actions({ meeting }: { meeting: Meeting }) {
  const [open, setOpen] = useState<"rename" | "delete" | null>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const close = (isOpen: boolean): void => {
    if (isOpen) return;
    setOpen(null);
    // The menu that opened the dialog is gone; its button takes the focus back.
    requestAnimationFrame(() => trigger.current?.focus());
  };
  return (
    <div className="relative z-10 max-sm:col-start-2 max-sm:row-start-1 sm:col-start-3">
      {/* Not modal: a modal menu locks scrolling with an injected style, which the policy forbids. */}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger ref={trigger} className={buttonClass("icon")} aria-label={`Actions for ${meeting.title}`}>
          <Icon name="more" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="end" sideOffset={4} className="z-30 min-w-44 rounded-md border border-line bg-surface p-1 shadow-float">
            <DropdownMenu.Item className={menuItem} onSelect={() => setOpen("rename")}>
              <Icon name="rename" size={18} />
              Rename
            </DropdownMenu.Item>
            <DropdownMenu.Item className={`${menuItem} text-danger`} onSelect={() => setOpen("delete")}>
              <Icon name="remove" size={18} />
              Delete
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {open === "rename" && <RenameDialog meeting={meeting} onOpenChange={close} />}
      {open === "delete" && <DeleteDialog meeting={meeting} onOpenChange={close} />}
    </div>
  );
}
