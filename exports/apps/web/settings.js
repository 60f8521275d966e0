// A labelled field for each setting that the model's graph takes as an input.

import { make } from "./dom.js";

const KNOWN = {
  max_length: { label: "Max length", hint: "in symbols", value: 100, min: 1 },
  min_length: { label: "Min length", hint: "in symbols", value: 0, min: 0 },
  length_penalty: { label: "Length penalty", hint: "0: none", value: 0, min: 0 },
  temperature: { label: "Temperature", hint: "lower is safer", value: 1, min: 0.01 },
  top_k: { label: "Top k", hint: "0: all symbols", value: 0, min: 0 },
  top_p: { label: "Top p", hint: "1: all symbols", value: 1, min: 0.01, max: 1 },
  seed: { label: "Seed", hint: "which samples", value: 1, min: 0, max: 2 ** 31 - 1 },
  prefix: { label: "Prefix", hint: "how results begin", value: "" },
};

/** Put fields into `place`; each of `settings` has a name and a type, `defaults` what the file was exported with. */
export function drawFields(place, settings, defaults) {
  place.replaceChildren(...settings.map(({ name, type }) => field(name, type, defaults[name])));
}

/** What stands in the fields, by name. */
export function readFields(place) {
  return Object.fromEntries(Array.from(place.querySelectorAll("input"), (input) => [input.name, input.value]));
}

function field(name, type, preset) {
  const { label = name, hint = "", value = "", ...limits } = KNOWN[name] ?? {};
  const input = make("input", { id: `setting-${name}`, name, autocomplete: "off", ...limits });
  if (type !== "string") Object.assign(input, { type: "number", required: true, step: type === "int64" ? 1 : "any" });
  input.value = preset ?? value;
  const note = make("p", { id: `${input.id}-hint`, className: "note", textContent: hint });
  input.setAttribute("aria-describedby", note.id);
  return make("div", { className: "field" }, make("label", { htmlFor: input.id, textContent: label }), input, note);
}
