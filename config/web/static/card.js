// The reading of a card through the card software of this workstation, on 127.0.0.1 (config/web/templates/card.html).
//
// The browser's permission to call it is asked for on a press alone, and explained before. A card signs only after the
// press of "Saisir mon code PIN" and the PIN in the software's own window. What the software answers is never markup.
//
// Where the settings of the workstation say so, and nowhere else, the page has a field for the PIN (docs/workstation.md).
"use strict";

const card = document.getElementById("card");
// None where the page has nothing else.
const panel = card.closest("details");
// Milliseconds in which a software that is there has answered.
const STATUS_WITHIN = 1_000;
const LOOK_EVERY = 1_000;
// While an outcome is shown that another card makes void.
const LOOK_SOON = 250;
// For a software that has not answered, or begins later.
const SEARCH_AGAIN = 2_000;
// Milliseconds for each of those calls: a computer that has just been started is slow.
const PATIENT = 5_000;
// The software gives the person a minute for the PIN.
const SIGN_WITHIN = 90_000;
// A browser may tell of a question that it does not ask: another way is then offered.
const QUESTION_WITHIN = 60_000;
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";

// A call that fails sooner was not delayed by a question to the person.
const NO_QUESTION_WITHIN = 250;

// What a text in braces can name in every state: this site, and the page of the software that tests itself.
const HERE = { origin: location.origin, test: `http://127.0.0.1:${card.dataset.ports.split(" ")[0]}/` };

// Of the software that answered.
let port = null;
// The timer of the next look.
let looking = null;
// The number of the search under way: an earlier one ends when another begins.
let search = 0;
let signing = false;
let pressed = false;
// The state and its values.
let shown = "";
// The answer of the last look.
let last = null;
// The answer before a signature was asked for, while its outcome is shown.
let before = null;

// --- what the panel shows

function show(state, given = {}) {
  const values = { ...HERE, ...given };
  const known = card.querySelector(`.said > .state[data-state="${CSS.escape(String(state))}"]`) ? state : "unreadable";
  const now = JSON.stringify([known, values]);
  // Or a screen reader would say it each second.
  if (now === shown) return;
  shown = now;
  const focused = document.activeElement;
  for (const block of card.querySelectorAll(".state")) block.hidden = block.dataset.state !== known;
  const words = card.querySelector(`.said > .state[data-state="${known}"]`);
  for (const sentence of words.querySelectorAll("[data-text]")) {
    const missing = [...sentence.dataset.text.matchAll(/\{(\w+)\}/g)].some(([, name]) => values[name] == null);
    sentence.hidden = missing;
    if (!missing) sentence.textContent = sentence.dataset.text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
  const [kinds, marked] = [words.dataset.marks.split(" "), words.dataset.words.split("|")];
  card.querySelectorAll(".checks > li").forEach((mark, number) => {
    mark.className = kinds[number];
    mark.lastElementChild.textContent = marked[number];
  });
  // Its button is gone.
  if (card.contains(focused) && focused.closest("[hidden]")) card.focus({ preventScroll: true });
  card.dataset.shown = known;
}

function values(answer) {
  const holder = answer.holder ?? {};
  const day = new Date(`${holder.expires_on}T00:00:00Z`);
  return {
    holder: [holder.name, holder.profession].filter(Boolean).join(" · ") || null,
    expires: Number.isNaN(day.valueOf())
      ? null
      : new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(day),
    tries: Number.isInteger(answer.tries_left) ? answer.tries_left : null,
  };
}

// What was seen at the card. A computer whose settings accept it has the PIN typed here.
function showSeen(answer) {
  const given = values(answer);
  const soon = answer.state === "expires-soon";
  if (!answer.pin_from_page || !(soon || answer.state === "ready")) return show(answer.state, given);
  const field = card.querySelector('[data-state="pin-in-page"] > template');
  if (field) field.replaceWith(field.content);
  show("pin-in-page", soon ? { ...given, expires: null, soon: given.expires } : given);
}

// --- the software

async function call(at, path, body, within) {
  const answer = await fetch(`http://127.0.0.1:${at}/v1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Poterne-Card": "1" },
    body: JSON.stringify(body),
    credentials: "omit",
    redirect: "error",
    targetAddressSpace: "loopback",
    signal: within ? AbortSignal.timeout(within) : undefined,
  });
  return answer.ok ? answer.json() : { state: "origin-not-allowed" };
}

// The permission, by its name of today or an earlier one; null in a browser that has none.
async function permission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return await navigator.permissions.query({ name });
    } catch {
      // this browser does not know the name
    }
  }
  return null;
}

async function find(asked, within = STATUS_WITHIN) {
  const ports = card.dataset.ports.split(" ");
  const calls = ports.map((each) =>
    call(each, "status", {}, asked ? null : within).then((answer) => ({ at: each, answer })),
  );
  const found = Promise.any(calls).catch(() => null);
  return asked ? Promise.race([found, answered(asked, found)]) : found;
}

// While the browser asks its question nothing answers; afterwards the software has its second.
async function answered(asked, found) {
  await new Promise((resolve) => {
    asked.addEventListener("change", resolve, { once: true });
    setTimeout(resolve, QUESTION_WITHIN);
  });
  const late = new Promise((resolve) => setTimeout(resolve, STATUS_WITHIN, null));
  return Promise.race([found, late]);
}

// --- what the person does

// `agreed`: the person has read what the browser will ask, and goes on.
async function start(agreed = false) {
  if (signing) return;
  const mine = stop();
  const allowed = await permission();
  if (mine !== search) return;
  if (allowed?.state === "denied") return show("permission-refused");
  if (allowed?.state === "prompt" && !agreed) return show("permission");
  if (allowed === null && !pressed) return show("start");
  const asked = allowed?.state === "prompt" ? allowed : null;
  show(asked ? "asking" : "searching");
  const began = performance.now();
  const found = await find(asked);
  if (mine !== search) return;
  if (found === null) {
    const now = (await permission())?.state;
    const dismissed = now === "prompt" && performance.now() - began > NO_QUESTION_WITHIN;
    if (now === "denied" || dismissed) return show("permission-refused");
  }
  meet(found);
}

function meet(found) {
  if (found === null) return absent();
  port = found.at;
  look(found.answer);
}

// A software that is slow, or begins later, is found without a press where the browser has nothing to ask.
function absent() {
  show("software-absent");
  looking = setTimeout(searchAgain, SEARCH_AGAIN);
}

async function searchAgain() {
  const mine = search;
  if ((await permission())?.state === "prompt") return;
  const found = await find(null, PATIENT);
  if (mine === search) meet(found);
}

async function look(answer) {
  const mine = search;
  try {
    answer ??= await call(port, "status", {}, PATIENT);
  } catch {
    if (mine === search) absent();
    return;
  }
  if (mine !== search) return;
  if (answer.state !== before?.state || answer.changes !== before.changes) {
    before = null;
    showSeen(answer);
  }
  last = answer;
  if (answer.state !== "origin-not-allowed") looking = setTimeout(look, before ? LOOK_SOON : LOOK_EVERY);
}

async function sign(pin) {
  if (signing) return;
  signing = true;
  stop();
  const code = shortCode();
  try {
    const challenge = await fetch(card.dataset.challenge, {
      method: "POST",
      body: new URLSearchParams(new FormData(document.getElementById("card-assertion"))),
    });
    if (!challenge.ok) return show("stale");
    const { purpose, nonce } = await challenge.json();
    show(pin ? "confirm" : "pin", { code });
    const language = document.documentElement.lang;
    const signed = await call(port, "sign", { purpose, nonce, code, language, pin }, SIGN_WITHIN);
    if (typeof signed.assertion === "string") return send(signed.assertion, nonce);
    outcome(signed);
  } catch {
    absent();
  } finally {
    signing = false;
  }
}

// What the operation gave stays until the card or the reader changes.
function outcome(answer) {
  before = last;
  show(answer.outcome ?? answer.state, values(answer));
  looking = setTimeout(look, LOOK_SOON);
}

// The PIN of the field, which then has it no more.
function takeTyped() {
  const field = document.getElementById("card-pin");
  if (!field.reportValidity()) return;
  const pin = field.value;
  field.value = "";
  sign(pin);
}

// After an outcome the field is shown again; nothing is sent without the PIN.
function askAgain() {
  before = null;
  showSeen(last);
  document.getElementById("card-pin").focus();
}

function send(assertion, nonce) {
  show("sending");
  const form = document.getElementById("card-assertion");
  form.elements.assertion.value = assertion;
  form.elements.nonce.value = nonce;
  form.requestSubmit();
}

// End the search under way; the number of the next one.
function stop() {
  clearTimeout(looking);
  search += 1;
  return search;
}

// Three letters and three digits, which the software's window shows too.
function shortCode() {
  const drawn = crypto.getRandomValues(new Uint32Array(6));
  const letters = [...drawn.subarray(0, 3)].map((number) => LETTERS[number % LETTERS.length]).join("");
  return `${letters} ${[...drawn.subarray(3)].map((number) => number % 10).join("")}`;
}

const DOES = {
  start: () => start(),
  allow: () => start(true),
  sign: () => (last?.pin_from_page ? askAgain() : sign()),
  type: takeTyped,
  cancel: () => call(port, "cancel", {}, STATUS_WITHIN).catch(() => {}),
  reload: () => location.reload(),
};

card.addEventListener("click", (event) => {
  const does = DOES[event.target.dataset?.does];
  if (!does) return;
  pressed = true;
  does();
});

card.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.id === "card-pin") takeTyped();
});

function isOpen() {
  return panel === null || panel.open;
}

panel?.querySelector("summary").addEventListener("click", () => (pressed = true));
panel?.addEventListener("toggle", () => (panel.open ? start() : stop()));
card.querySelector(".checks").hidden = false;
card.querySelector("#card-doors details").open = false;
show("start");
if (isOpen()) start();
