/** A WebSocket whose other side is the test. */

export class FakeSocket extends EventTarget {
  static readonly opened: FakeSocket[] = [];
  readonly url: string;
  readonly protocols: string[];
  closed = false;

  constructor(url: string | URL, protocols: string | string[] = []) {
    super();
    this.url = String(url);
    this.protocols = [protocols].flat();
    FakeSocket.opened.push(this);
  }

  accept(): void {
    this.dispatchEvent(new Event("open"));
  }

  say(number: number | null, event: object, epoch = 1): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ number, epoch, event }) }));
  }

  drop(code: number): void {
    this.closed = true;
    this.dispatchEvent(new CloseEvent("close", { code }));
  }

  close(): void {
    if (!this.closed) this.drop(1005);
  }
}
