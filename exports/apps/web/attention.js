// Attention as a table: target symbols down, source symbols across, each cell as deep in colour as its weight.

import { make } from "./dom.js";

export const END = "</s>";
const SIGNS = { " ": "␣", "\t": "␉", "\n": "␊", "\r": "␍", "\u00a0": "␣", "\u3000": "␣" };
const DEEP = 0.66; // where a number on this ink is read as well in black as in white, in both colour schemes
const SMALLEST_SQUARE = 17; // in pixels; in a smaller one no number can be read
const SMALLEST_NUMBER = 0.05; // a smaller weight is told by its colour and its title alone

/** A symbol as a label: what can't be seen gets a sign, the end its name. */
export function shown(symbol) {
  if (symbol === END) return "end";
  return Array.from(symbol, (character) => SIGNS[character] ?? character).join("");
}

/** Replace what is in `place` with the table of one result; `weights` has a row for each target symbol. */
export function drawAttention(place, targets, sources, weights) {
  const head = make("tr", {}, make("td"), ...sources.map((source) => heading(source, "col")));
  const rows = targets.map((target, t) => {
    const cells = sources.map((source, s) => cell(weights[t][s], `${shown(target)} ← ${shown(source)}`));
    return make("tr", {}, heading(target, "row"), ...cells);
  });
  place.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  place.scrollLeft = 0;
  fitMap(place);
}

/** Shrink the squares of the table in `place` if it fits then; a wider one keeps its squares and scrolls. */
export function fitMap(place) {
  const [corner, ...columns] = place.querySelectorAll("thead tr > *");
  if (!corner) return;
  const fitting = Math.floor((place.clientWidth - corner.offsetWidth) / columns.length);
  if (fitting < SMALLEST_SQUARE) place.style.removeProperty("--fitting");
  else place.style.setProperty("--fitting", `${fitting}px`);
  showRest(place);
}

/** Fade the edge behind which the table goes on. */
export function showRest(place) {
  place.parentElement.classList.toggle("more", place.scrollLeft + place.clientWidth < place.scrollWidth - 1);
}

function heading(symbol, scope) {
  // Long symbols of the columns read downwards, so that columns stay narrow.
  const label = shown(symbol);
  const length = Array.from(label).length;
  const className = length > 2 ? "long" : length === 2 ? "pair" : "";
  return make("th", { scope, className, title: label }, make("span", { textContent: label }));
}

function cell(weight, pair) {
  const percent = Math.round(100 * weight);
  const made = make("td", { className: weight > DEEP ? "weight deep" : "weight", title: `${pair}: ${percent} %` });
  made.style.setProperty("--weight", weight.toFixed(3));
  if (weight >= SMALLEST_NUMBER) made.textContent = percent;
  return made;
}
