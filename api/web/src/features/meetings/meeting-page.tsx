/** `/meetings/{id}`: the address to hand out. Leads to the live view while the meeting runs and to its report after. */
import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { meetingQuery } from "../../api/meetings";
import { Failed } from "../../ui/notice";
import { Skeleton } from "../../ui/skeleton";

export function MeetingPage({ id }: { id: string }) {
  const meeting = useQuery(meetingQuery(id));
  if (meeting.isPending) {
    return (
      <div role="status" aria-label="Loading the meeting" className="mx-auto w-full max-w-[75rem] px-5 py-14 sm:px-8">
        <Skeleton className="h-9 w-2/3" />
      </div>
    );
  }
  if (meeting.isError) {
    return (
      <div className="mx-auto w-full max-w-xl px-5 py-14">
        <Failed what="This meeting could not be opened" error={meeting.error} onRetry={() => void meeting.refetch()} />
      </div>
    );
  }
  const to = meeting.data.state === "live" || meeting.data.state === "scheduled" ? "/meetings/$id/live" : "/meetings/$id/report";
  return <Navigate to={to} params={{ id }} replace />;
}
