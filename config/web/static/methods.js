// The sign-on page, where more than one method is offered.
"use strict";

// A method that a pointer opens is ready to be typed in. The keyboard stays where it is, and goes on with Tab.
for (const summary of document.querySelectorAll(".method > summary")) {
  summary.addEventListener("click", (event) => {
    const method = summary.parentElement;
    if (!event.detail || method.open) return;
    setTimeout(() => method.querySelector("input[required]")?.focus({ preventScroll: true }));
  });
}
