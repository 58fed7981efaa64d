/** What did not happen on a page where somebody signs in, and why. */
import { ApiFailure } from "../../api/failure";

export function Problem({ what, error }: { what: string; error: Error }) {
  const problems = error instanceof ApiFailure && error.problems.length > 0 ? error.problems : [error.message];
  const wait = error instanceof ApiFailure && error.status === 429 ? " Wait a quarter of an hour before you try again." : "";
  return (
    <p role="alert" className="text-sm text-danger">
      {what} {problems.join(" ")}
      {wait}
    </p>
  );
}
