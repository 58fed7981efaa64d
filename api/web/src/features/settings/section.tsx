/** A part of the settings: its name beside its choices, and what stands there until they are known. */
import { useId, type ReactNode } from "react";
import { Failed } from "../../ui/notice";
import { Skeleton } from "../../ui/skeleton";

interface SectionProps {
  title: string;
  about: string;
  /** What could not be loaded, and how to try again. */
  broken?: { error: Error; retry: () => void } | undefined;
  /** The choices; nothing or false until they are known. */
  children: ReactNode;
}

export function Section({ title, about, broken, children }: SectionProps) {
  const name = useId();
  return (
    <section aria-labelledby={name} className="grid grid-cols-[minmax(0,1fr)] gap-x-12 gap-y-6 border-t border-line py-9 lg:grid-cols-[12.5rem_minmax(0,1fr)]">
      <div>
        <h2 id={name} className="text-xl font-semibold tracking-[-0.02em]">
          {title}
        </h2>
        <p className="mt-1.5 max-w-[34rem] text-sm text-ink-3">{about}</p>
      </div>
      <div className="min-w-0">
        {broken !== undefined ? (
          <Failed what="Your settings could not be loaded" error={broken.error} onRetry={broken.retry} />
        ) : (
          (children || (
            <div role="status" aria-label="Loading your settings" className="space-y-4">
              <Skeleton className="h-5 w-1/2" />
              <Skeleton className="h-5 w-2/3" />
            </div>
          ))
        )}
      </div>
    </section>
  );
}

/** A change that did not happen. */
export function Unchanged({ error }: { error: Error }) {
  return (
    <p role="alert" className="text-sm text-danger">
      Nothing was changed. {error.message}
    </p>
  );
}
