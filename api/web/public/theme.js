// Runs before the first paint, so that a dark page never flashes white. A file of its own: the policy forbids inline scripts.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("attune.theme");
  } catch (_) {
    // Storage may be blocked; the system's preference then decides.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
