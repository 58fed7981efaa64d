/** The page that somebody comes back to from an account elsewhere who has one-time codes. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTitle } from "../../ui/title";
import { CodeForm } from "./code-form";
import { Doorstep, Stage } from "./stage";
import { useLinkToken } from "./use-link-token";

export function CodePage() {
  useTitle("Sign in");
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const token = useLinkToken();
  const startAgain = (): void => void navigate({ to: "/sign-in", replace: true });
  const goOn = (): void => {
    queryClient.clear();
    void navigate({ to: "/", replace: true });
  };
  return (
    <Doorstep>
      <Stage title="Sign in">
        {token === null && <p>Start again: whoever reloads this page has to.</p>}
        {token != null && <CodeForm token={token} onSignedIn={goOn} onAgain={startAgain} />}
      </Stage>
    </Doorstep>
  );
}
