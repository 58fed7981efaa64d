/** No such page. */
import { Link } from "@tanstack/react-router";
import { buttonClass } from "../ui/button";
import { useTitle } from "../ui/title";

export function NotFound() {
  useTitle("Not found");
  return (
    <div className="mx-auto w-full max-w-xl px-5 py-20">
      <h1 className="text-2xl font-semibold tracking-[-0.02em]">There is no such page</h1>
      <p className="mt-3 text-ink-2">The address may be mistyped, or the meeting was deleted.</p>
      <Link to="/" className={`${buttonClass("primary")} mt-6`}>
        Back to your meetings
      </Link>
    </div>
  );
}
