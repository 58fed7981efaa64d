/** The icons, drawn for this app on a 20-unit grid with one stroke. Always beside words or a label, so hidden from screen readers. */
import type { ReactNode } from "react";

const paths = {
  sun: (
    <>
      <circle cx="10" cy="10" r="3.25" />
      <path d="M10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4" />
    </>
  ),
  moon: <path d="M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z" />,
  system: (
    <>
      <circle cx="10" cy="10" r="6.75" />
      <path d="M10 3.25v13.5a6.75 6.75 0 0 0 0-13.5Z" fill="currentColor" stroke="none" />
    </>
  ),
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="4.5" cy="10" r="1.4" />
      <circle cx="10" cy="10" r="1.4" />
      <circle cx="15.5" cy="10" r="1.4" />
    </g>
  ),
  rename: <path d="M12.6 4.4l3 3L7 16H4v-3l8.6-8.6ZM11 6l3 3" />,
  remove: <path d="M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5" />,
  down: <path d="M10 4v11.5M5 11l5 5 5-5" />,
  search: (
    <>
      <circle cx="8.75" cy="8.75" r="5" />
      <path d="m12.5 12.5 4 4" />
    </>
  ),
  download: <path d="M10 3.5v9M6 9l4 4 4-4M4 16.5h12" />,
  print: <path d="M5.5 7.5v-4h9v4M5.5 13.5h-2v-6h13v6h-2M5.5 11.5h9v5h-9z" />,
  check: <path d="m4 10.5 4 4 8-9" />,
  copy: <path d="M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4" />,
  warning: <path d="M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.2v.1" />,
  info: (
    <>
      <circle cx="10" cy="10" r="6.75" />
      <path d="M10 9.2v4.2M10 6.6v.1" />
    </>
  ),
  settings: (
    <>
      <path d="M3.5 6h6.25M14.75 6h1.75M3.5 14h1.75M10.25 14h6.25" />
      <circle cx="12.25" cy="6" r="2.25" />
      <circle cx="7.75" cy="14" r="2.25" />
    </>
  ),
  signOut: <path d="M8 3.5H4.5v13H8M8.5 10h8M13.5 7l3 3-3 3" />,
  retry: <path d="M15.8 8A6.25 6.25 0 1 0 16.2 11.5M16.2 4v4h-4" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      {paths[name]}
    </svg>
  );
}
