// Submits the page's form. The button is for browsers without scripts, and after the back button.
"use strict";

const form = document.querySelector("form[data-go]");
if (performance.getEntriesByType("navigation")[0]?.type !== "back_forward") form.submit();
