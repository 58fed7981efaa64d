/** Leaves the app for another page. Its own file, because a test has no other page to go to. */
export function leaveFor(url: string): void {
  window.location.assign(url);
}
