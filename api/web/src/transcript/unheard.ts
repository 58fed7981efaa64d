/** Why some of a track was not heard, in words. The reasons are the protocol’s; one of a later version is shown as it is. Pure. */

const reasons: Readonly<Record<string, string>> = {
  muted: "muted",
  paused: "paused",
  off_the_record: "off the record",
  consent: "without consent",
  not_captured: "not captured",
  buffer_full: "the device’s buffer was full",
  buffer_lost: "the device’s buffer was lost",
  device_slept: "the device slept",
  clock_jump: "the device’s clock jumped",
  recognizer_failed: "the recognizer failed",
};

export function reasonWords(reason: string): string {
  return reasons[reason] ?? reason.replaceAll("_", " ");
}
