/** Chooses between the system's theme, light and dark. */
import { RadioGroup } from "radix-ui";
import { useEffect, useState } from "react";
import { Icon, type IconName } from "../ui/icon";
import { chooseTheme, chosenTheme, followSystemTheme, type ThemeChoice } from "./theme";

const choices: { value: ThemeChoice; label: string; icon: IconName }[] = [
  { value: "system", label: "As the system", icon: "system" },
  { value: "light", label: "Light", icon: "sun" },
  { value: "dark", label: "Dark", icon: "moon" },
];

export function ThemeToggle() {
  const [choice, setChoice] = useState<ThemeChoice>(chosenTheme);

  useEffect(() => {
    const mounted = new AbortController();
    followSystemTheme(mounted.signal);
    return () => mounted.abort();
  }, []);

  const choose = (value: string): void => {
    const next = choices.find((candidate) => candidate.value === value)?.value ?? "system";
    setChoice(next);
    chooseTheme(next);
  };

  return (
    <RadioGroup.Root value={choice} onValueChange={choose} aria-label="Theme" orientation="horizontal" className="flex rounded-md border border-line p-0.5">
      {choices.map(({ value, label, icon }) => (
        <RadioGroup.Item
          key={value}
          value={value}
          aria-label={label}
          title={label}
          className="grid size-8 place-items-center rounded-sm text-ink-3 hover:text-ink data-[state=checked]:bg-sunken data-[state=checked]:text-ink"
        >
          <Icon name={icon} size={17} />
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
