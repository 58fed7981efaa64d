/** How much there is of something on a disk: `640 kB`, `1.2 MB`. */
export function bytes(count: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 1 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
