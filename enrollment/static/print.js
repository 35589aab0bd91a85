// A page that is worth printing has a button for it; without script, browsers print by their own menu.
"use strict";

for (const button of document.querySelectorAll("button.print")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
