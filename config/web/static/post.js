// The page's one form leaves by itself; its button stays for whoever has no script, or comes back.
"use strict";

const form = document.querySelector("form[data-go]");
if (performance.getEntriesByType("navigation")[0]?.type !== "back_forward") form.submit();
