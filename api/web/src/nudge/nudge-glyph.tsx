/** A nudge's sign: a shape per kind and a glyph in it, so that it reads at a glance and without colour. */

/** N1 too fast: a circle. N4 fillers: a square. N5 monologue: a diamond. Anything newer: a hexagon. */
export function NudgeGlyph({ rule, size = 36 }: { rule: string; size?: number }) {
  return (
    <svg
      viewBox="0 0 36 36"
      width={size}
      height={size}
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="shrink-0 text-signal"
    >
      {sign(rule)}
    </svg>
  );
}

function sign(rule: string) {
  switch (rule) {
    case "N1":
      return (
        <>
          <circle cx="18" cy="18" r="15" />
          <path d="m12 12.5 5.5 5.5-5.5 5.5M19 12.5l5.5 5.5-5.5 5.5" />
        </>
      );
    case "N4":
      return (
        <>
          <rect x="4" y="4" width="28" height="28" rx="5" />
          <g fill="currentColor" stroke="none">
            <circle cx="11.5" cy="18" r="2.1" />
            <circle cx="18" cy="18" r="2.1" />
            <circle cx="24.5" cy="18" r="2.1" />
          </g>
        </>
      );
    case "N5":
      return (
        <>
          <path d="M18 2.5 33.5 18 18 33.5 2.5 18z" />
          <path d="M11.5 15.5h13M11.5 20.5h8" />
        </>
      );
    default:
      return (
        <>
          <path d="M18 3 31 10.5v15L18 33 5 25.5v-15z" />
          <path d="M18 11v8M18 24.2v.1" />
        </>
      );
  }
}
