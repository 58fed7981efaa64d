/** How an item of a menu looks. */
export const menuItem = "flex cursor-pointer items-center gap-2.5 rounded-sm px-3 py-2 text-sm outline-none select-none data-[highlighted]:bg-sunken";
