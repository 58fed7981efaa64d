/** The foot of a question whose answer destroys something: why it did not work last time, the way out, and the deed. */
import { Button } from "./button";
import { Cancel } from "./dialog";

interface LastWordProps {
  /** What the deed is called. */
  deed: string;
  isPending: boolean;
  /** Why it did not happen. */
  failed: Error | null;
  onDeed: () => void;
}

export function LastWord({ deed, isPending, failed, onDeed }: LastWordProps) {
  return (
    <>
      {failed !== null && (
        <p role="alert" className="mt-4 text-sm text-danger">
          It was not deleted. {failed.message}
        </p>
      )}
      <div className="mt-6 flex justify-end gap-3">
        <Cancel asChild>
          <Button>Keep it</Button>
        </Cancel>
        <Button weight="danger" onClick={onDeed} disabled={isPending}>
          {isPending ? "Deleting…" : deed}
        </Button>
      </div>
    </>
  );
}
