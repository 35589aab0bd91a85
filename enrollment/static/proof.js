// Finds the number of a proof of work while the person reads the page (enrollment/applicant/proof_of_work.py).
// Without this script the form is sent without a proof.
"use strict";

const guard = document.querySelector("[data-challenge]");
const proof = guard.querySelector("input[type=hidden]");
const said = guard.querySelector("[role=status]");
const encoder = new TextEncoder();
let isDone = false;
let waiting = null;

const hex = (buffer) => Array.from(new Uint8Array(buffer), (octet) => octet.toString(16).padStart(2, "0")).join("");

async function find({ challenge, salt, maxnumber }) {
  const together = 500;
  for (let first = 0; first <= maxnumber; first += together) {
    const numbers = Array.from({ length: Math.min(together, maxnumber - first + 1) }, (_, index) => first + index);
    const digests = await Promise.all(
      numbers.map((number) => crypto.subtle.digest("SHA-256", encoder.encode(salt + number))),
    );
    const found = digests.findIndex((digest) => hex(digest) === challenge);
    if (found >= 0) return numbers[found];
  }
  return null;
}

// A form that is sent early waits for the proof.
guard.closest("form").addEventListener("submit", (event) => {
  if (isDone) return;
  event.preventDefault();
  waiting = { form: event.target, button: event.submitter };
});

(async () => {
  const { algorithm, challenge, maxnumber, salt, signature } = guard.dataset;
  said.textContent = guard.dataset.working;
  try {
    const number = await find({ challenge, salt, maxnumber: Number(maxnumber) });
    if (number !== null) proof.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  } finally {
    // A browser that cannot compute it (no secure context) sends the form without a proof.
    said.textContent = proof.value ? guard.dataset.done : guard.dataset.without;
    isDone = true;
    if (waiting) {
      delete waiting.form.dataset.sent;
      waiting.form.requestSubmit(waiting.button);
    }
  }
})();
