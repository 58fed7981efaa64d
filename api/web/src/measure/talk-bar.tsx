/** Who held the floor, as one bar: you solid, the others hatched, so that it reads without colour and in print. */
import { percents } from "../format/measure";

export interface TalkShare {
  me: number;
  them: number;
}

export function TalkBar({ share, height = "thick" }: { share: TalkShare; height?: "thin" | "thick" }) {
  const [me = 0, them = 0] = percents([share.me, share.them]);
  return (
    <div
      role="img"
      aria-label={`Talk share: you ${me} %, others ${them} %`}
      className={`flex w-full gap-[3px] ${height === "thin" ? "h-[7px]" : "h-5"}`}
    >
      {me > 0 && <span className="rounded-[2px] bg-me" style={{ flexGrow: me }} />}
      {them > 0 && <span className="hatch-them rounded-[2px]" style={{ flexGrow: them }} />}
    </div>
  );
}
