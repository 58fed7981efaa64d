/** The toolbar button opens the meetings of the person's server. Keeps no state: the worker dies whenever it is idle. */
import { keptServer } from "./server-address";

/** Opens them in a tab of their own. */
export async function openMeetings(): Promise<void> {
  await chrome.tabs.create({ url: `${await keptServer()}/` });
}

chrome.action.onClicked.addListener(() => {
  void openMeetings();
});

chrome.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === "install") void chrome.runtime.openOptionsPage();
});
