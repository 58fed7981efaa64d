/** What a person settles for themselves, and administrators for everybody. */
import { useTitle } from "../../ui/title";
import { AccessSection } from "./access-section";
import { ActsSection } from "./acts-section";
import { AudioSection } from "./audio-section";
import { ExportSection } from "./export-section";
import { HeartSection } from "./heart-section";
import { RecognitionSection } from "./recognition-section";
import { RetentionSection } from "./retention-section";
import { SignInSection } from "./sign-in-section";
import { SpeechSection } from "./speech-section";

/** `problem`: why nothing was linked, where somebody comes back from an account elsewhere. */
export function SettingsPage({ problem }: { problem?: string | undefined }) {
  useTitle("Settings");
  return (
    <div className="mx-auto w-full max-w-[75rem] px-5 pt-10 pb-24 sm:px-8 sm:pt-14">
      <h1 className="text-3xl font-semibold tracking-[-0.03em]">Settings</h1>
      <div className="mt-8 sm:mt-10">
        <AudioSection />
        <RecognitionSection />
        <SpeechSection />
        <HeartSection />
        <SignInSection />
        <AccessSection problem={problem} />
        <RetentionSection />
        <ActsSection />
        <ExportSection />
      </div>
    </div>
  );
}
