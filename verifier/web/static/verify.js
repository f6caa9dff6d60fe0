// Only adds comfort: the pages do everything without script.
"use strict";

document.documentElement.classList.add("script");

const form = document.getElementById("ask");
const problem = document.getElementById("problem");
const verdict = document.getElementById("verdict-title");
(problem || verdict)?.focus();

if (form) {
  const file = document.getElementById("file");
  const drop = document.getElementById("drop");
  const progress = document.getElementById("progress");
  const button = form.querySelector("button");

  const say = (text) => { progress.textContent = text; };

  const busy = (on) => {
    button.setAttribute("aria-disabled", String(on));
    say(on ? "Checking the signature, the dates and the status …" : "");
  };

  const filled = (name) => form.elements[name].value.trim() !== "";

  const take = (files) => {
    file.files = files;
    form.elements.text.value = "";
    form.elements.url.value = "";
    say(`${files[0].name} is ready to be checked.`);
    button.focus();
  };

  form.addEventListener("submit", (event) => {
    const given = [file.files.length > 0, filled("text"), filled("url")].filter(Boolean).length;
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
    } else if (given !== 1) {
      event.preventDefault();
      say(given ? "Please give only one: a file, an address or a text." : "Choose a file, give its address, or paste its text first.");
    } else {
      busy(true);
    }
  });

  file.addEventListener("change", () => { if (file.files.length) say(`${file.files[0].name} is ready to be checked.`); });

  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) {
      event.preventDefault();
      take(event.clipboardData.files);
    }
  });

  // A page that the browser kept alive comes back with its old state.
  window.addEventListener("pageshow", () => busy(false));
}
