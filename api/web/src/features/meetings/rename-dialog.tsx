/** Gives a meeting another title. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { renameMeeting } from "../../api/meetings";
import type { Meeting } from "../../api/model";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";

/** As the server's column allows. */
const LONGEST_TITLE = 200;

export function RenameDialog({ meeting, onOpenChange }: { meeting: Meeting; onOpenChange: (open: boolean) => void }) {
  const field = useId();
  const [title, setTitle] = useState(meeting.title);
  const queryClient = useQueryClient();
  const rename = useMutation({
    mutationFn: () => renameMeeting(meeting.id, title.trim()),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["meetings"] });
      onOpenChange(false);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (title.trim() !== "") rename.mutate();
  };
  return (
    <Dialog open onOpenChange={onOpenChange} title="Rename meeting" description="Only you see this title. It is stored encrypted.">
      <form onSubmit={submit} className="mt-5">
        <label htmlFor={field} className="text-sm font-medium">
          Title
        </label>
        <input
          id={field}
          value={title}
          maxLength={LONGEST_TITLE}
          onChange={(event) => setTitle(event.target.value)}
          onFocus={(event) => event.target.select()}
          className="said mt-1.5 w-full rounded-md border border-line-strong bg-paper px-3 py-2 text-lg"
        />
        {rename.isError && (
          <p role="alert" className="mt-3 text-sm text-danger">
            The title was not changed. {rename.error.message}
          </p>
        )}
        <div className="mt-6 flex justify-end gap-3">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" weight="primary" disabled={rename.isPending || title.trim() === ""}>
            {rename.isPending ? "Saving…" : "Save title"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
