/** Deletes a meeting for good, after asking. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { deleteMeeting } from "../../api/meetings";
import type { Meeting } from "../../api/model";
import { Button } from "../../ui/button";
import { Cancel, Confirmation } from "../../ui/dialog";

export function DeleteDialog({ meeting, onOpenChange }: { meeting: Meeting; onOpenChange: (open: boolean) => void }) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteMeeting(meeting.id),
    onSuccess: async () => {
      // What is erased on the server is in no memory of this page either.
      queryClient.removeQueries({ queryKey: ["meetings", meeting.id] });
      await queryClient.invalidateQueries({ queryKey: ["meetings"] });
      onOpenChange(false);
    },
  });
  return (
    <Confirmation
      open
      onOpenChange={onOpenChange}
      title="Delete this meeting?"
      description="Its transcript, measures and report are erased from the server. This cannot be undone."
    >
      <p className="said mt-4 border-l-2 border-line-strong pl-3 break-words">{meeting.title}</p>
      {remove.isError && (
        <p role="alert" className="mt-4 text-sm text-danger">
          It was not deleted. {remove.error.message}
        </p>
      )}
      <div className="mt-6 flex justify-end gap-3">
        <Cancel asChild>
          <Button>Keep it</Button>
        </Cancel>
        <Button weight="danger" onClick={() => remove.mutate()} disabled={remove.isPending}>
          {remove.isPending ? "Deleting…" : "Delete meeting"}
        </Button>
      </div>
    </Confirmation>
  );
}
