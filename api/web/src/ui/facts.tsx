/** Short facts in a row, with a dot between those that share a line and none at its ends. */
import type { ReactNode } from "react";

/** Each fact stays whole. The dot of the first on a line lies outside, and is cut off. */
export function Facts({ facts, className }: { facts: readonly ReactNode[]; className: string }) {
  return (
    <p className={`tabular overflow-hidden ${className}`}>
      <span className="-ml-4 flex flex-wrap items-center">
        {facts.map((fact, index) => (
          <span key={index} className="relative pl-4 whitespace-nowrap before:absolute before:left-0 before:w-4 before:text-center before:content-['·'/'']">
            {fact}
          </span>
        ))}
      </span>
    </p>
  );
}
