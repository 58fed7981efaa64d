/** Something in the page itself broke: say so, and offer the way back. */
import { buttonClass } from "../ui/button";

export function Crashed() {
  return (
    <div className="mx-auto max-w-xl px-5 py-20" role="alert">
      <h1 className="text-2xl font-semibold tracking-[-0.02em]">This page broke</h1>
      <p className="mt-3 text-ink-2">Nothing of your meeting is lost: it is kept on the server, not in this page.</p>
      <a href="/" className={`${buttonClass("primary")} mt-6`}>
        Back to your meetings
      </a>
    </div>
  );
}
