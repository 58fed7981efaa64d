/** The pages that links in mails open, and those that ask for such a link. */
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { askForPasswordReset, askForSignUp, confirmAddress, resetPassword, signUp } from "../../api/sign-in";
import { buttonClass } from "../../ui/button";
import { useTitle } from "../../ui/title";
import { AskForLink } from "./ask-for-link";
import { ChoosePassword } from "./choose-password";
import { Problem } from "./problem";
import { Doorstep, Stage } from "./stage";
import { useLinkToken } from "./use-link-token";

export function SignUpPage() {
  useTitle("Make an account");
  const token = useLinkToken();
  return (
    <Doorstep>
      {token === null && (
        <AskForLink
          title="Make an account"
          about="You get a link by mail, and choose a password with it."
          sent="There is a link for you. It works once, within an hour."
          ask={askForSignUp}
        />
      )}
      {token != null && <ChoosePassword title="Choose a password" token={token} choose={signUp} />}
    </Doorstep>
  );
}

export function ForgotPasswordPage() {
  useTitle("Another password");
  return (
    <Doorstep>
      <AskForLink
        title="Choose another password"
        about="You get a link by mail, if there is an account with your address."
        sent="If there is an account with this address, there is a link for you. It works once, within 15 minutes."
        ask={askForPasswordReset}
      />
    </Doorstep>
  );
}

export function ResetPasswordPage() {
  useTitle("Another password");
  const token = useLinkToken();
  return (
    <Doorstep>
      {token === null && (
        <Stage title="There is no link here">
          <p>Open the whole link that was mailed to you, or ask for another.</p>
          <Link to="/forgot-password" className={`mt-5 ${buttonClass("primary")}`}>
            Ask for another
          </Link>
        </Stage>
      )}
      {token != null && <ChoosePassword title="Choose another password" token={token} choose={resetPassword} />}
    </Doorstep>
  );
}

export function ConfirmAddressPage() {
  useTitle("Your address");
  const token = useLinkToken();
  const confirm = useMutation({ mutationFn: confirmAddress });
  const { mutate } = confirm;
  useEffect(() => {
    if (token != null) mutate(token);
  }, [token, mutate]);
  return (
    <Doorstep>
      <div aria-live="polite">
        {confirm.isSuccess ? (
          <Stage title="That is your address now">
            <p>You sign in with it from here on. Choose a password in the settings, if you have none.</p>
            <Link to="/settings" className={`mt-5 ${buttonClass("primary")}`}>
              Settings
            </Link>
          </Stage>
        ) : confirm.isError || token === null ? (
          <Stage title="Nothing was changed">
            {confirm.isError ? <Problem what="" error={confirm.error} /> : <p>Open the whole link that was mailed to you, or ask for another in the settings.</p>}
          </Stage>
        ) : (
          <Stage title="One moment" busy>
            <p>Your address is being confirmed.</p>
          </Stage>
        )}
      </div>
    </Doorstep>
  );
}
