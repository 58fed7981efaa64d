/** A grey shape where something is about to be. */

export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden="true" className={`animate-breathe rounded-sm bg-sunken ${className}`} />;
}
