/** Deletes a meeting for good, after asking. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { deleteMeeting } from "../api/meetings";
import type { Meeting } from "../api/model";
import { Confirmation } from "../ui/dialog";
import { LastWord } from "../ui/last-word";

interface DeleteProps {
  meeting: Meeting;
  onOpenChange: (open: boolean) => void;
  /** Where to go from a page that is about nothing any more. */
  onDeleted?: () => void;
}

export function DeleteDialog({ meeting, onOpenChange, onDeleted }: DeleteProps) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteMeeting(meeting.id),
    onSuccess: async () => {
      onDeleted?.();
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
      <LastWord deed="Delete meeting" isPending={remove.isPending} failed={remove.error} onDeed={() => remove.mutate()} />
    </Confirmation>
  );
}
