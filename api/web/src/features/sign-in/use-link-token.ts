/** The token of the link that opened the page, taken out of the address once. */
import { useEffect, useRef, useState } from "react";
import { takeLinkToken } from "./link-token";

/** `null` where there is none; `undefined` until that is known. */
export function useLinkToken(): string | null | undefined {
  const [token, setToken] = useState<string | null | undefined>(undefined);
  // Effects may run twice, and the token is in the address once.
  const taken = useRef<string | null>(null);
  useEffect(() => {
    const mounted = new AbortController();
    const take = (): void => {
      taken.current = takeLinkToken() ?? taken.current;
      setToken(taken.current);
    };
    take();
    // Another link pasted into this tab changes only the fragment.
    window.addEventListener("hashchange", take, { signal: mounted.signal });
    return () => mounted.abort();
  }, []);
  return token;
}
