/** Whether the page is connected, in a shape and a word. On a narrow page only where it is not. */
import type { ConnectionState } from "./connection";

export function ConnectionMark({ connection }: { connection: ConnectionState }) {
  const good = connection.kind === "open";
  return (
    <p className={`flex items-center gap-2 text-sm ${good ? "text-ink-3 max-sm:sr-only" : "text-signal"}`}>
      <svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true" fill="currentColor">
        {[3, 6, 9, 12].map((height, index) => (
          <rect key={height} x={index * 4} y={12 - height} width="2.5" height={height} rx="1" opacity={good || index === 0 ? 1 : 0.25} />
        ))}
      </svg>
      {connectionWords(connection)}
    </p>
  );
}

export function connectionWords(connection: ConnectionState): string {
  switch (connection.kind) {
    case "connecting":
      return "Connecting";
    case "open":
      return "Connected";
    case "waiting":
      return "Connection lost, trying again";
    case "closed":
      return "Ended";
    case "refused":
      return "Not connected";
  }
}
