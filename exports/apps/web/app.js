// The page at work: choose a model, load it, translate what is typed.

import { fitMap, showRest } from "./attention.js";
import { make, page } from "./dom.js";
import { request } from "./download.js";
import { openModel } from "./model.js";
import { drawResults } from "./results.js";
import { drawFields, readFields } from "./settings.js";

const MODELS = new URL("../../models/", import.meta.url); // models.json and the files that it lists

let models = [];
let model = null; // the open one
let loading = new AbortController();

async function start() {
  ({ models } = await (await request(new URL("models.json", MODELS))).json());
  page.model.append(...models.map(({ title }, number) => new Option(title, number)));
  await choose();
}

/** Open the chosen model and translate what stands in the field; a load that is under way is given up. */
async function choose() {
  loading.abort();
  const { signal } = (loading = new AbortController());
  const chosen = models[page.model.value];
  page.description.textContent = chosen.description;
  page.examples.replaceChildren(...chosen.examples.map(example));
  page.translate.disabled = true;
  page.result.hidden = page.attention.hidden = page.settings.hidden = true;
  model?.close();
  model = null;
  report(chosen.file, 0, 0);
  page.loading.hidden = false;
  try {
    const opened = await openModel(new URL(chosen.file, MODELS), { report, signal });
    if (signal.aborted) return opened.close();
    model = opened;
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  } finally {
    page.loading.hidden ||= !signal.aborted;
  }
  page.settings.hidden = model.settings.length === 0;
  drawFields(page.fields, model.settings, chosen.settings);
  page.translate.disabled = false;
  page.source.value ||= chosen.examples[0] ?? "";
  await translate();
}

async function translate() {
  const found = await model.translate(page.source.value, readFields(page.fields));
  drawResults(found, { ordered: models[page.model.value].strategy !== "sample" });
}

function report(name, received, total) {
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const known = total >= received && total > 0;
  page.progress.max = known ? total : 1;
  if (known) page.progress.value = received;
  else page.progress.removeAttribute("value"); // a moving bar
  const amount = known ? `${megabytes(received)} of ${megabytes(total)}` : megabytes(received);
  page["progress-label"].textContent = `Loading ${name}: ${amount} MB`;
}

function example(text) {
  const button = make("button", { type: "button", className: "example", dir: "auto", textContent: text });
  button.addEventListener("click", () => {
    page.source.value = text;
    page.form.requestSubmit();
  });
  return button;
}

/** Do something and say in words what went wrong. */
async function attempt(action) {
  page.error.textContent = "";
  try {
    await action();
  } catch (error) {
    page.error.textContent = error.message ?? String(error);
  }
}

page.model.addEventListener("change", () => attempt(choose));
page.settings.addEventListener("change", () => page.form.requestSubmit());
page.settings.addEventListener("invalid", () => (page.settings.open = true), true); // to show what it complains of
page.map.addEventListener("scroll", () => showRest(page.map));
window.addEventListener("resize", () => fitMap(page.map));
page.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (model) attempt(translate);
});
attempt(start);
