// The few things a script adds. Every page works without it.
"use strict";

// A password can be shown: the button says what it does and what it did.
for (const button of document.querySelectorAll("button.reveal")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const said = document.createElement("span");
  said.className = "unseen";
  said.setAttribute("aria-live", "polite");
  button.after(said);
  button.hidden = false;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    show(shown);
    said.textContent = shown ? button.dataset.shown : button.dataset.hidden;
  });
  input.form.addEventListener("submit", () => show(false)); // or the browser would remember it as a text
}

// A problem is heard and seen first.
document.querySelector(".summary")?.focus();

// One press, one request; a button says that it is working.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    history.replaceState(null, ""); // the way back asks for the page, and does not send again the form that it answered
    const button = event.submitter;
    if (button?.dataset.busy) {
      button.dataset.words = button.textContent;
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-disabled", "true");
    }
  });
}

// Back from the next page: the form may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[data-words]")) {
    button.textContent = button.dataset.words;
    button.removeAttribute("aria-disabled");
  }
});

// Two minutes before a login runs out, say so (WCAG 2.2.1).
for (const form of document.querySelectorAll("form[data-minutes]")) {
  const soon = form.querySelector(".soon");
  soon.setAttribute("role", "status");
  setTimeout(() => (soon.hidden = false), Math.max(form.dataset.minutes - 2, 0) * 60_000);
}
